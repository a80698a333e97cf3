import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createHub, type Notice, type Request } from './hub';
import { joinSharedHub } from './shared-hub';

vi.mock('./hub', () => ({ createHub: vi.fn() }));

const LINK: Notice = { is: 'link', link: { phase: 'connecting', transport: 'socket', latencyMs: null } };
const VIEW: Request = { do: 'probe' };
let toWorker: unknown[] = [];
let toOwn: Request[] = [];
let worker: { onerror?: () => void; port: { onmessage?: (event: { data: Notice }) => void } };

beforeEach(() => {
  vi.useFakeTimers();
  toWorker = [];
  toOwn = [];
  vi.mocked(createHub).mockImplementation(() => ({ join: () => (request) => void toOwn.push(request) }));
  vi.stubGlobal(
    'SharedWorker',
    class {
      onerror?: () => void;
      port: { postMessage(message: unknown): void; onmessage?: (event: { data: Notice }) => void } = {
        postMessage: (message) => void toWorker.push(message),
      };
      constructor() {
        worker = this;
      }
    },
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the hub of all tabs', () => {
  it('is a worker that answers', () => {
    const told: Notice[] = [];
    const say = joinSharedHub((notice) => told.push(notice));
    worker.port.onmessage?.({ data: LINK });
    say(VIEW);
    vi.advanceTimersByTime(10_000);
    expect(told).toEqual([LINK]);
    expect(toWorker).toContain(VIEW);
    expect(createHub).not.toHaveBeenCalled();
  });

  it.each([
    ['never answers', () => vi.advanceTimersByTime(3_001)],
    ['can not be loaded', () => worker.onerror?.()],
  ])('is the page’s own where the worker %s, and nothing that was asked is lost', (_, fails) => {
    const say = joinSharedHub(() => {});
    say(VIEW);
    fails();
    say({ do: 'list', isWatched: true });
    expect(toOwn).toEqual([VIEW, { do: 'list', isWatched: true }]);
  });

  it('is the page’s own where there are no such workers', () => {
    vi.stubGlobal('SharedWorker', undefined);
    joinSharedHub(() => {})(VIEW);
    expect(toOwn).toEqual([VIEW]);
  });
});
