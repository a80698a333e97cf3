import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Connection, type ConnectionEvents, connect, type LinkState } from './connection';
import type { Frame } from './frames';
import { openPoll } from './poll';
import { openSocket } from './socket';
import { openSse } from './sse';
import type { Sink } from './transport';

vi.mock('./socket', () => ({ openSocket: vi.fn() }));
vi.mock('./sse', () => ({ openSse: vi.fn() }));
vi.mock('./poll', () => ({ openPoll: vi.fn() }));

const FRAME = { type: 'runs', runs: [] } as Frame;
let opened: Array<{ by: string; sink: Sink; asked: string[] }> = [];
let links: LinkState[] = [];
let isServerThere = true;
let connection: Connection;

const last = () => {
  const transport = opened.at(-1);
  if (!transport) throw new Error('no transport was opened');
  return transport;
};

function opener(by: string) {
  return (sink: Sink) => {
    const asked: string[] = [];
    opened.push({ by, sink, asked });
    return {
      follow: (runId: string, { after }: { after: number | 'head' }) =>
        asked.push(`follow ${runId} ${after}`),
      leave: (runId: string) => asked.push(`leave ${runId}`),
      watchList: (isWatched: boolean) => asked.push(`list ${isWatched}`),
      probe: () => asked.push('probe'),
      close: () => asked.push('close'),
    };
  };
}

beforeEach(async () => {
  vi.useFakeTimers();
  vi.mocked(openSocket).mockImplementation(opener('socket'));
  vi.mocked(openSse).mockImplementation(opener('sse'));
  vi.mocked(openPoll).mockImplementation(opener('poll'));
  vi.stubGlobal('fetch', () =>
    isServerThere ? Promise.resolve({ ok: true }) : Promise.reject(new TypeError('refused')),
  );
  opened = [];
  links = [];
  isServerThere = true;
  const events: ConnectionEvents = {
    frame: () => {},
    begins: () => {},
    cursorOf: () => ({ after: 7, logAfter: 'head', logs: true }),
    link: (link) => links.push(link),
  };
  connection = connect(events, null);
  connection.follow('r');
  connection.watchList(true);
  await vi.advanceTimersByTimeAsync(1);
});

afterEach(() => {
  connection.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** What is open is lost, and whatever is tried next has been. */
async function loses(isUnfit = false): Promise<void> {
  last().sink.lost(isUnfit);
  await vi.advanceTimersByTimeAsync(4_000);
}

describe('the connection', () => {
  it('asks a new transport for all that is wanted, from where it was', async () => {
    expect(last().asked).toEqual(['follow r 7', 'list true']);
    last().sink.frame(FRAME);
    await loses();
    expect(opened).toHaveLength(2);
    expect(last().asked).toEqual(['follow r 7', 'list true']);
  });

  it('is live with the first frame, and tells how long the way is', () => {
    last().sink.frame(FRAME);
    last().sink.roundTrip(3.6);
    expect(links.at(-1)).toEqual({ phase: 'live', transport: 'socket', latencyMs: 4 });
  });

  it('goes from sockets to SSE to polling where they do not get through', async () => {
    await loses();
    await loses();
    expect(last().by).toBe('sse');
    await loses(true);
    expect(last().by).toBe('poll');
  });

  it('keeps trying sockets while the server is away', async () => {
    last().sink.frame(FRAME);
    isServerThere = false;
    for (let tries = 0; tries < 5; tries += 1) await loses();
    expect(opened.every(({ by }) => by === 'socket')).toBe(true);
    expect(links.at(-1)?.phase).toBe('waiting');
  });

  it('hears nothing of a transport that it gave up', async () => {
    const { sink } = last();
    await loses();
    const count = links.length;
    sink.frame(FRAME);
    sink.lost();
    await vi.advanceTimersByTimeAsync(4_000);
    expect([links.length, opened.length]).toEqual([count, 2]);
  });

  it('begins anew at once when the network is back', async () => {
    await loses();
    await loses();
    expect(last().by).toBe('sse');
    connection.networkChanged(false);
    expect(links.at(-1)?.phase).toBe('offline');
    connection.networkChanged(true);
    expect(last().by).toBe('socket');
  });

  it('looks for the better way again once it has been on a lesser one for a while', async () => {
    await loses();
    await loses();
    connection.probe();
    expect(last().by).toBe('sse');
    await vi.advanceTimersByTimeAsync(121_000);
    connection.probe();
    expect(last().by).toBe('socket');
  });

  it('does nothing more once it is closed', async () => {
    connection.close();
    last().sink.lost();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(opened).toHaveLength(1);
  });
});
