import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection, ConnectionEvents } from './connection';
import { connect } from './connection';
import type { Frame } from './frames';
import { createHub, lowest, type Notice, type Request } from './hub';

vi.mock('./connection', () => ({ connect: vi.fn() }));

/** What the hub asks of the connection, in order. */
let asked: string[] = [];
let server: ConnectionEvents;

beforeEach(() => {
  asked = [];
  vi.mocked(connect).mockImplementation((events): Connection => {
    server = events;
    const note = (what: string) => asked.push(what);
    return {
      follow: (runId) => note(`follow ${runId} ${JSON.stringify(events.cursorOf(runId))}`),
      leave: (runId) => note(`leave ${runId}`),
      watchList: (isWatched) => note(`list ${isWatched}`),
      networkChanged: () => note('network'),
      probe: () => note('probe'),
      close: () => note('close'),
    };
  });
});

function page(hub: ReturnType<typeof createHub>) {
  const told: Notice[] = [];
  const say = hub.join((notice) => told.push(notice));
  const frames = () => told.flatMap((notice) => (notice.is === 'frame' ? [notice] : []));
  return { say, told, frames, types: () => frames().map(({ frame }) => frame.type) };
}

const view = (viewer: number, after: number | 'head' = 0): Request => ({
  do: 'view',
  viewer,
  runId: 'r',
  cursor: { after, logAfter: 'head', logs: true },
});
const hello = (headSeq = 0): Frame => ({
  type: 'hello',
  runId: 'r',
  headSeq,
  headLogSeq: 0,
  delivery: 'notify',
  heartbeatMs: 15_000,
});
const events = (...seqs: number[]) =>
  ({ type: 'events', runId: 'r', events: seqs.map((seq) => ({ seq })) }) as unknown as Frame;
const end: Frame = { type: 'end', runId: 'r', headSeq: 3, headLogSeq: 0, status: 'COMPLETED' };

describe('the hub', () => {
  it('has one connection for all pages, and closes it with the last one', () => {
    const hub = createHub();
    const [a, b] = [page(hub), page(hub)];
    expect(connect).not.toHaveBeenCalled();
    a.say(view(1));
    b.say(view(1));
    expect(connect).toHaveBeenCalledTimes(1);
    a.say({ do: 'bye' });
    expect(asked).not.toContain('close');
    b.say({ do: 'bye' });
    expect(asked.slice(-2)).toEqual(['list false', 'close']);
  });

  it('follows anew from the lowest cursor, and tells nobody twice', () => {
    const hub = createHub();
    const [a, b] = [page(hub), page(hub)];
    a.say(view(1));
    server.frame(hello());
    server.frame(events(1, 2));
    b.say(view(7));
    expect(asked.at(-1)).toContain('"after":0');
    // What was under way before the second subscription took hold is not for anybody.
    server.frame(events(3));
    server.frame(hello(3));
    server.frame(events(1, 2, 3));
    expect(a.types()).toEqual(['hello', 'events', 'events']);
    expect(b.types()).toEqual(['hello', 'events']);
    expect(b.frames().every(({ viewer }) => viewer === 7)).toBe(true);
  });

  it('goes on where each viewer is when a connection begins anew, and says so', () => {
    const hub = createHub();
    const a = page(hub);
    a.say(view(1));
    server.frame(hello());
    server.frame(events(1, 2));
    server.begins();
    expect(server.cursorOf('r')).toEqual({ after: 2, logAfter: 0, logs: true });
    server.frame(hello(3));
    server.frame(events(3));
    expect(a.frames().map(({ again = false }) => again)).toEqual([false, false, true, false]);
  });

  it('leaves a run that has ended or was refused, and one that nobody looks at', () => {
    const hub = createHub();
    const a = page(hub);
    a.say(view(1));
    server.frame(hello());
    server.frame(end);
    expect(asked.at(-1)).toBe('leave r');
    a.say(view(2));
    a.say({ do: 'close', viewer: 2 });
    expect(asked.at(-1)).toBe('leave r');
  });

  it('tells pages that the connection was lost, once', () => {
    const hub = createHub();
    const a = page(hub);
    a.say({ do: 'link' });
    server.link({ phase: 'live', transport: 'socket', latencyMs: 1 });
    server.link({ phase: 'waiting', transport: 'socket', latencyMs: null });
    server.link({ phase: 'waiting', transport: 'sse', latencyMs: null });
    expect(a.told.filter(({ is }) => is === 'lost')).toHaveLength(1);
  });

  it('tells list changes to those who watch the list, and bids them read it when some may be missing', () => {
    const hub = createHub();
    const [a, b] = [page(hub), page(hub)];
    a.say({ do: 'list', isWatched: true });
    server.frame({ type: 'runs', runs: [] });
    server.begins();
    expect(a.told.map(({ is }) => is)).toEqual(['link', 'list-again', 'list', 'list-again']);
    expect(b.told.map(({ is }) => is)).toEqual(['link']);
    expect(asked).toEqual(['list true']);
  });
});

describe('the lowest cursor', () => {
  it('is what the neediest viewer lacks', () => {
    const at = (after: number | 'head', logAfter: number | 'head', logs = true) => ({
      after,
      logAfter,
      logs,
    });
    expect(lowest([at('head', 'head'), at(4, 9)])).toEqual(at(4, 9));
    expect(lowest([at('head', 0, false), at('head', 'head')])).toEqual(at('head', 'head'));
    expect(lowest([at(3, 5, false)])).toEqual(at(3, 'head', false));
  });
});
