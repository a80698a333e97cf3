// Shares the one connection among many viewers: each has its own cursor, and gets each event and line once.
//
// ```
//   page ── Request ──► hub ── follow, leave ──► connection ──► server
//   page ◄── Notice ─── hub ◄───── frames ──────────┘
// ```
//
// A run is followed from the lowest cursor of its viewers. When one joins that wants more than what is coming, the run is
// followed anew from there, and the others are not bothered with what they have.
//
// The access token is kept here as well, for the connection and for all pages; see session/keeper.ts.

import { setAccessSource } from '../api/access';
import { createKeeper, type Held } from '../session/keeper';
import { type Connection, connect, type LinkState } from './connection';
import type { TransportName } from './course';
import type { Frame, RunFrame } from './frames';
import type { Cursor } from './transport';

/** What a page says. Viewers are numbered by the page. */
export type Request =
  | { do: 'view'; viewer: number; runId: string; cursor: Cursor }
  | { do: 'close'; viewer: number }
  | { do: 'list'; isWatched: boolean }
  | { do: 'network'; isOnline: boolean }
  | { do: 'probe' }
  /** Wants to know how the connection fares, and so that there is one. */
  | { do: 'link' }
  /** Asks for the access token, `stale` being one that was refused. */
  | { do: 'token'; ask: number; stale: string | null }
  /** Somebody has signed in or out, or changed the organization. */
  | { do: 'hold'; held: Held | null }
  | { do: 'bye' };

/** What a page is told. `again` says that the connection was lost in between. */
export type Notice =
  | { is: 'frame'; viewer: number; frame: RunFrame; again?: boolean }
  | { is: 'list'; frame: Extract<Frame, { type: 'runs' }> }
  | { is: 'list-again' }
  | { is: 'lost' }
  | { is: 'token'; ask: number; token: string | null; failure: string | null }
  /** Who is signed in may be somebody else now, or nobody. */
  | { is: 'session' }
  | { is: 'link'; link: LinkState };

export type Send = (notice: Notice) => void;

type Viewer = {
  page: Page;
  number: number;
  runId: string;
  cursor: Cursor;
  /** It has had its `hello` since the connection began, or since it joined. */
  isGreeted: boolean;
  wasGreeted: boolean;
  isDone: boolean;
};

type Page = { send: Send; viewers: Map<number, Viewer>; isListWatched: boolean };

export type Hub = { join(send: Send): (request: Request) => void };

export function createHub(forced: TransportName | null = null): Hub {
  const pages = new Set<Page>();
  /** Runs whose `hello` has not come yet: frames before it belong to the subscription before. */
  const awaited = new Set<string>();
  let connection: Connection | null = null;
  let link: LinkState = { phase: 'connecting', transport: forced ?? 'socket', latencyMs: null };

  const keeper = createKeeper({
    onLost() {
      disconnect();
      for (const page of pages) page.send({ is: 'session' });
    },
  });

  function disconnect(): void {
    connection?.close();
    connection = null;
    link = { phase: 'connecting', transport: forced ?? 'socket', latencyMs: null };
  }

  /** The connection is made when something is wanted of it: whoever must sign in first has nothing to connect for. */
  function connected(): Connection {
    connection ??= start();
    return connection;
  }

  function* viewersOf(runId: string): Generator<Viewer> {
    for (const page of pages) {
      for (const viewer of page.viewers.values()) {
        if (viewer.runId === runId && !viewer.isDone) yield viewer;
      }
    }
  }

  function start(): Connection {
    return connect(
      {
        frame: onFrame,
        begins: onBegin,
        cursorOf: (runId) => {
          awaited.add(runId);
          return lowest([...viewersOf(runId)].map((viewer) => viewer.cursor));
        },
        link: onLink,
      },
      forced,
    );
  }

  function onLink(next: LinkState): void {
    const isLost = link.phase === 'live' && next.phase !== 'live';
    link = next;
    for (const page of pages) {
      if (isLost) page.send({ is: 'lost' });
      page.send({ is: 'link', link });
    }
  }

  function onBegin(): void {
    for (const page of pages) {
      if (page.isListWatched) page.send({ is: 'list-again' });
      for (const viewer of page.viewers.values()) viewer.isGreeted = false;
    }
  }

  function onFrame(frame: Frame): void {
    if (frame.type === 'runs') {
      for (const page of pages) if (page.isListWatched) page.send({ is: 'list', frame });
      return;
    }
    const { runId } = frame;
    if (runId === undefined) return;
    if (frame.type === 'hello' || frame.type === 'error') awaited.delete(runId);
    else if (awaited.has(runId)) return;
    for (const viewer of viewersOf(runId)) tell(viewer, frame as RunFrame);
    if (frame.type === 'end' || frame.type === 'error') connection?.leave(runId);
  }

  return {
    join(send) {
      const page: Page = { send, viewers: new Map(), isListWatched: false };
      pages.add(page);
      send({ is: 'link', link });

      const watchList = () => connection?.watchList([...pages].some(({ isListWatched }) => isListWatched));

      async function giveToken(ask: number, stale: string | null): Promise<void> {
        // From here on the connection's own requests need one, too.
        setAccessSource(keeper);
        try {
          const token = await (stale === null ? keeper.current() : keeper.renew(stale));
          send({ is: 'token', ask, token, failure: null });
        } catch (error) {
          send({ is: 'token', ask, token: null, failure: error instanceof Error ? error.message : '' });
        }
      }

      function hold(held: Held | null): void {
        setAccessSource(keeper);
        keeper.hold(held);
        disconnect();
        for (const other of pages) if (other !== page) other.send({ is: 'session' });
      }

      function view(number: number, runId: string, cursor: Cursor): void {
        const viewer = {
          page,
          number,
          runId,
          cursor,
          isGreeted: false,
          wasGreeted: false,
          isDone: false,
        };
        page.viewers.set(number, viewer);
        connected().follow(runId);
      }

      function close(number: number): void {
        const viewer = page.viewers.get(number);
        page.viewers.delete(number);
        if (viewer && viewersOf(viewer.runId).next().done) connection?.leave(viewer.runId);
      }

      function bye(): void {
        for (const number of [...page.viewers.keys()]) close(number);
        pages.delete(page);
        watchList();
        if (pages.size === 0) disconnect();
      }

      return (request) => {
        if (request.do === 'view') view(request.viewer, request.runId, request.cursor);
        else if (request.do === 'close') close(request.viewer);
        else if (request.do === 'network') connection?.networkChanged(request.isOnline);
        else if (request.do === 'probe') connected().probe();
        else if (request.do === 'link') connected();
        else if (request.do === 'token') void giveToken(request.ask, request.stale);
        else if (request.do === 'hold') hold(request.held);
        else if (request.do === 'bye') bye();
        else {
          page.isListWatched = request.isWatched;
          // Another page's list is followed already: this one's first look is its own read.
          if (request.isWatched) send({ is: 'list-again' });
          if (request.isWatched) connected();
          watchList();
        }
      };
    },
  };
}

/** Passes a frame on where the viewer needs it, and moves its cursor. */
function tell(viewer: Viewer, frame: RunFrame): void {
  const { cursor } = viewer;
  let again = false;
  if (frame.type === 'hello') {
    if (viewer.isGreeted) return;
    again = viewer.wasGreeted;
    viewer.isGreeted = viewer.wasGreeted = true;
    if (cursor.after === 'head') cursor.after = frame.headSeq;
    if (cursor.logAfter === 'head') cursor.logAfter = frame.headLogSeq;
  } else if (frame.type === 'events') {
    const last = frame.events.at(-1)?.seq ?? 0;
    if (last <= Number(cursor.after)) return;
    cursor.after = last;
  } else if (frame.type === 'logs') {
    const last = frame.lines.at(-1)?.logSeq ?? 0;
    if (!cursor.logs || last <= Number(cursor.logAfter)) return;
    cursor.logAfter = last;
  } else if (frame.type === 'reset') {
    cursor.after = frame.fromSeq - 1;
    cursor.logAfter = frame.fromLogSeq - 1;
  } else if (frame.type === 'end' || frame.type === 'error') {
    viewer.isDone = true;
  }
  viewer.page.send({ is: 'frame', viewer: viewer.number, frame, ...(again && { again }) });
}

/** From where a run must be followed so that every viewer gets what it lacks. */
export function lowest(cursors: readonly Cursor[]): Cursor {
  const least = (places: readonly (number | 'head')[]): number | 'head' => {
    const numbers = places.filter((place) => place !== 'head');
    return numbers.length > 0 ? Math.min(...numbers) : 'head';
  };
  const withLogs = cursors.filter(({ logs }) => logs);
  return {
    after: least(cursors.map(({ after }) => after)),
    logAfter: least(withLogs.map(({ logAfter }) => logAfter)),
    logs: withLogs.length > 0,
  };
}
