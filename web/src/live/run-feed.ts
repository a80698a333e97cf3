// What a page gets of one run while it looks at it: events and lines in order, each once, and how the connection fares.

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { WireEvent, WireLogLine } from '../api/wire';
import { viewRun } from './client';
import type { RunFrame } from './frames';
import { tellResumed } from './resumed';
import { takeFrame } from './take-frame';
import type { Cursor } from './transport';

export type FeedOptions = {
  /** Events after this seq; `head` for new ones only. From the first one unless told otherwise. */
  after?: number | 'head';
  /** Lines after this logSeq. New ones only unless told otherwise: older ones are pages of GET …/logs. */
  logAfter?: number | 'head';
  logs?: boolean;
};

/** Changes at most once a frame, however many events arrive. */
export type FeedSnapshot = {
  /** `opening` until `hello`; `waiting` while the connection is away; `ended` when all of it was received. */
  phase: 'opening' | 'live' | 'waiting' | 'ended' | 'refused';
  /** The first event received: from it on there are no gaps. */
  firstSeq: number;
  /** The last seq and logSeq received; -1 until `hello` where following begins at a head. */
  seq: number;
  logSeq: number;
  /** The heads that the server told of last; at `hello` they say how much is still to come. */
  headSeq: number;
  headLogSeq: number;
  /** The logSeq behind which live lines begin: lines up to here are read by GET …/logs. */
  logFrom: number;
  /** After a reconnect: where it went on, and how many events were missed there (none, by contract). */
  resumed: { atSeq: number; gaps: number } | null;
  /** The server could not go on from the cursor, and said why. */
  reset: { reason: string; fromSeq: number } | null;
  refusal: { status: number; detail: string } | null;
};

export type RunFeed = {
  readonly runId: string;
  getSnapshot(): FeedSnapshot;
  /** Told after the snapshot has changed. */
  subscribe(listener: () => void): () => void;
  /**
   * Told of new events, in order, each once; at most once a frame. A reset is told by `onReset` first. What came while nobody
   * listened is told to the first who does: the feed itself keeps nothing, and whoever listens decides how much is kept.
   */
  onEvents(listener: (events: readonly WireEvent[]) => void): () => void;
  onLines(listener: (lines: readonly WireLogLine[]) => void): () => void;
  onReset(listener: (fromSeq: number) => void): () => void;
  close(): void;
};

/** Events and lines that arrived since the last frame was drawn; a flood is told in parts. */
type Arrived = { events: WireEvent[]; lines: WireLogLine[]; resetTo: number | null };

/** Hidden tabs draw no frames; they are told this often. */
const HIDDEN_EVERY_MS = 500;

const nothingArrived = (): Arrived => ({ events: [], lines: [], resetTo: null });

export function openRunFeed(runId: string, options: FeedOptions = {}): RunFeed {
  const cursor: Cursor = {
    after: options.after ?? 0,
    logAfter: options.logAfter ?? 'head',
    logs: options.logs ?? true,
  };
  const changed = listeners<void>();
  const onEvents = listeners<readonly WireEvent[]>();
  const onLines = listeners<readonly WireLogLine[]>();
  const onReset = listeners<number>();
  let snapshot = opening(cursor);
  let next = snapshot;
  let arrived = nothingArrived();
  let early: WireEvent[] = [];
  let cancel: (() => void) | null = null;

  function flush(): void {
    cancel = null;
    const { events, lines, resetTo } = arrived;
    if (next.resumed && next.resumed !== snapshot.resumed) tellResumed({ runId, ...next.resumed });
    arrived = nothingArrived();
    if (resetTo !== null) {
      early = [];
      onReset.tell(resetTo);
    }
    snapshot = next;
    if (events.length > 0 && onEvents.isHeard()) onEvents.tell(events);
    else early = early.concat(events);
    if (lines.length > 0) onLines.tell(lines);
    changed.tell();
  }

  function change(part: Partial<FeedSnapshot>): void {
    next = { ...next, ...part };
    cancel ??= soon(flush);
  }

  function take(frame: RunFrame, again: boolean): void {
    const taken = takeFrame(next, frame, again);
    if (taken.events) for (const event of taken.events) arrived.events.push(event);
    if (taken.lines) for (const line of taken.lines) arrived.lines.push(line);
    if (frame.type === 'reset') {
      arrived = { ...nothingArrived(), resetTo: frame.fromSeq };
      taken.next = { ...taken.next, firstSeq: frame.fromSeq };
    }
    change(taken.next);
  }

  const leave = viewRun(
    runId,
    { ...cursor },
    {
      frame: take,
      lost: () => {
        if (next.phase === 'opening' || next.phase === 'live') change({ phase: 'waiting' });
      },
    },
  );

  return {
    runId,
    getSnapshot: () => snapshot,
    subscribe: changed.add,
    onEvents(listener) {
      const leaveEvents = onEvents.add(listener);
      const missed = early;
      early = [];
      if (missed.length > 0) listener(missed);
      return leaveEvents;
    },
    onLines: onLines.add,
    onReset: onReset.add,
    close() {
      leave();
      cancel?.();
    },
  };
}

function opening({ after, logAfter }: Cursor): FeedSnapshot {
  return {
    phase: 'opening',
    firstSeq: 0,
    seq: after === 'head' ? -1 : after,
    logSeq: logAfter === 'head' ? -1 : logAfter,
    headSeq: 0,
    headLogSeq: 0,
    logFrom: 0,
    resumed: null,
    reset: null,
    refusal: null,
  };
}

/** Before the next frame is drawn, or a little later where none is. */
function soon(work: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(work, HIDDEN_EVERY_MS);
    return () => clearTimeout(timer);
  }
  const request = requestAnimationFrame(work);
  // A tab that is hidden just now draws no frame any more.
  const timer = setTimeout(() => {
    cancelAnimationFrame(request);
    work();
  }, HIDDEN_EVERY_MS);
  return () => {
    cancelAnimationFrame(request);
    clearTimeout(timer);
  };
}

function listeners<T>() {
  const all = new Set<(value: T) => void>();
  return {
    add(listener: (value: T) => void): () => void {
      all.add(listener);
      return () => all.delete(listener);
    },
    isHeard: (): boolean => all.size > 0,
    tell(value: T): void {
      for (const listener of all) listener(value);
    },
  };
}

/** The feed of a run for as long as the component is there. */
export function useRunFeed(runId: string, options?: FeedOptions): RunFeed | null {
  const [feed, setFeed] = useState<RunFeed | null>(null);
  const key = JSON.stringify(options ?? {});
  useEffect(() => {
    const opened = openRunFeed(runId, JSON.parse(key) as FeedOptions);
    setFeed(opened);
    return () => opened.close();
  }, [runId, key]);
  return feed?.runId === runId ? feed : null;
}

const never = () => () => {};

export function useFeedSnapshot(feed: RunFeed | null): FeedSnapshot | null {
  return useSyncExternalStore(feed?.subscribe ?? never, () => feed?.getSnapshot() ?? null);
}
