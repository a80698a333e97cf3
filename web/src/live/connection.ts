// The one live connection: keeps what is wanted, opens a transport for it, and opens the next one when that is lost.
//
// It runs in a SharedWorker for all tabs, or inside a page where there is none; so it touches no document. The cursors
// are the hub's: whenever a transport begins, it asks where each run is to go on.

import { begin, type Course, delayMs, fresh, lost, type TransportName, worked } from './course';
import type { Frame } from './frames';
import { openPoll } from './poll';
import { openSocket } from './socket';
import { openSse } from './sse';
import type { Cursor, Sink, Transport } from './transport';

/** How the connection fares, as the bar shows it. */
export type LinkState = {
  phase: 'connecting' | 'live' | 'waiting' | 'offline';
  transport: TransportName;
  /** There and back, of the last look. */
  latencyMs: number | null;
};

export type Connection = {
  follow(runId: string): void;
  leave(runId: string): void;
  watchList(isWatched: boolean): void;
  /** The network came or went, or the machine woke up. */
  networkChanged(isOnline: boolean): void;
  /** Finds out soon whether the connection still works. */
  probe(): void;
  close(): void;
};

export type ConnectionEvents = {
  frame(frame: Frame): void;
  /** A transport begins: each run wanted is asked for its cursor by `cursorOf`, and will say `hello` again. */
  begins(): void;
  cursorOf(runId: string): Cursor;
  link(state: LinkState): void;
};

/** A server that does not say within this that it is there is away. */
const HEALTH_WITHIN_MS = 3_000;
/** What blocked the first choice may be gone after this; it is tried again when somebody looks. */
const SECOND_BEST_FOR_MS = 120_000;

const OPENERS: Record<TransportName, (sink: Sink) => Transport> = {
  socket: openSocket,
  sse: openSse,
  poll: openPoll,
};

export function connect(events: ConnectionEvents, forced: TransportName | null): Connection {
  const runs = new Set<string>();
  let isListWatched = false;
  let course: Course = begin(forced);
  let transport: Transport | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let link: LinkState = { phase: 'connecting', transport: course.transport, latencyMs: null };
  let isClosed = false;
  let openedAt = 0;

  function show(next: Partial<LinkState>): void {
    const shown = { ...link, transport: course.transport, ...next };
    const isSame =
      shown.phase === link.phase && shown.transport === link.transport && shown.latencyMs === link.latencyMs;
    link = shown;
    if (!isSame) events.link(link);
  }

  function open(): void {
    clearTimeout(timer);
    timer = undefined;
    transport?.close();
    openedAt = Date.now();
    let hadWorked = false;
    const works = (latencyMs = link.latencyMs) => {
      hadWorked = true;
      course = worked(course);
      show({ phase: 'live', latencyMs });
    };
    const opened = OPENERS[course.transport]({
      frame(frame) {
        if (transport !== opened) return;
        works();
        events.frame(frame);
      },
      roundTrip(ms) {
        if (transport === opened) works(Math.max(1, Math.round(ms)));
      },
      lost(isUnfit = false) {
        if (transport === opened) void onLost(hadWorked, isUnfit);
      },
    });
    transport = opened;
    events.begins();
    for (const runId of runs) opened.follow(runId, events.cursorOf(runId));
    if (isListWatched) opened.watchList(true);
  }

  async function onLost(hadWorked: boolean, isUnfit: boolean): Promise<void> {
    transport = null;
    show({ phase: link.phase === 'offline' ? 'offline' : 'waiting', latencyMs: null });
    const isServerThere = await fetch('/healthz', {
      cache: 'no-store',
      signal: AbortSignal.timeout(HEALTH_WITHIN_MS),
    }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isClosed || transport || timer !== undefined) return;
    course = lost(course, { hadWorked, isServerThere, isUnfit });
    show({});
    timer = setTimeout(open, delayMs(course, Math.random()));
  }

  /** Back to the first choice, now. */
  function startOver(): void {
    course = fresh(course);
    show({ phase: 'connecting', latencyMs: null });
    open();
  }

  // Callers say what they want at once, right after this; so the first transport waits until they have.
  timer = setTimeout(open, 0);

  return {
    follow(runId) {
      runs.add(runId);
      transport?.follow(runId, events.cursorOf(runId));
    },
    leave(runId) {
      if (runs.delete(runId)) transport?.leave(runId);
    },
    watchList(isWatched) {
      if (isListWatched === isWatched) return;
      isListWatched = isWatched;
      transport?.watchList(isWatched);
    },
    networkChanged(isOnline) {
      if (!isOnline) return show({ phase: 'offline' });
      // Several tabs say so; the first one's connection is as good for the others.
      if (link.phase === 'live') transport?.probe();
      else startOver();
    },
    probe() {
      const isSecondBest = course.transport !== 'socket' && !course.isForced;
      if (isSecondBest && Date.now() - openedAt > SECOND_BEST_FOR_MS) startOver();
      else if (transport) transport.probe();
      else if (timer !== undefined) open();
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      transport?.close();
      transport = null;
    },
  };
}
