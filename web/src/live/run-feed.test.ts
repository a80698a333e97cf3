import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WireEvent } from '../api/wire';
import { viewRun } from './client';
import type { RunFrame } from './frames';
import { openRunFeed } from './run-feed';

vi.mock('./client', () => ({ viewRun: vi.fn() }));

let frame: (frame: RunFrame, again: boolean) => void;

beforeEach(() => {
  vi.useFakeTimers();
  vi.mocked(viewRun).mockImplementation((_, __, listener) => {
    frame = listener.frame;
    return () => {};
  });
});

afterEach(() => {
  vi.useRealTimers();
});

const events = (...seqs: number[]): RunFrame => ({
  type: 'events',
  runId: 'r',
  events: seqs.map((seq) => ({ seq }) as WireEvent),
});
function arrive(...frames: RunFrame[]): void {
  for (const one of frames) frame(one, false);
  vi.runAllTimers();
}

describe('the feed of a run', () => {
  it('tells what came early to the first who listens, and keeps it no longer', () => {
    const feed = openRunFeed('r');
    arrive(events(1, 2));
    arrive(events(3));
    const heard: number[] = [];
    const listen = (list: number[]) => feed.onEvents((told) => list.push(...told.map(({ seq }) => seq)));
    listen(heard);
    expect(heard).toEqual([1, 2, 3]);
    arrive(events(4));
    expect(heard).toEqual([1, 2, 3, 4]);
    const late: number[] = [];
    listen(late);
    expect(late).toEqual([]);
    expect(feed.getSnapshot()).not.toHaveProperty('events');
  });

  it('keeps for the next listener what comes after the last one has left', () => {
    const feed = openRunFeed('r');
    const first: number[] = [];
    const leave = feed.onEvents((told) => first.push(...told.map(({ seq }) => seq)));
    arrive(events(1));
    leave();
    arrive(events(2));
    const second: number[] = [];
    feed.onEvents((told) => second.push(...told.map(({ seq }) => seq)));
    expect([first, second]).toEqual([[1], [2]]);
  });
});
