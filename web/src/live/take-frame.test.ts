import { describe, expect, it } from 'vitest';
import type { WireEvent, WireLogLine } from '../api/wire';
import type { RunFrame } from './frames';
import type { FeedSnapshot } from './run-feed';
import { takeFrame } from './take-frame';

const known: FeedSnapshot = {
  phase: 'opening',
  firstSeq: 0,
  seq: 0,
  logSeq: -1,
  headSeq: 0,
  headLogSeq: 0,
  logFrom: 0,
  resumed: null,
  reset: null,
  refusal: null,
};
const hello: RunFrame = {
  type: 'hello',
  runId: 'r',
  headSeq: 9,
  headLogSeq: 40,
  delivery: 'notify',
  heartbeatMs: 1,
};
const events = (...seqs: number[]): RunFrame => ({
  type: 'events',
  runId: 'r',
  events: seqs.map((seq) => ({ seq }) as WireEvent),
});
const logs = (...seqs: number[]): RunFrame => ({
  type: 'logs',
  runId: 'r',
  lines: seqs.map((logSeq) => ({ logSeq }) as WireLogLine),
});

/** The snapshot after these frames; a frame in a list of its own came after a loss. */
function told(from: FeedSnapshot, ...frames: Array<RunFrame | [RunFrame]>): FeedSnapshot {
  let state = from;
  for (const entry of frames) {
    const again = Array.isArray(entry);
    state = { ...state, ...takeFrame(state, again ? entry[0] : entry, again).next };
  }
  return state;
}

describe('a frame', () => {
  it('greets: live, and lines are followed from the head', () => {
    expect(told(known, hello)).toMatchObject({ phase: 'live', headSeq: 9, seq: 0, logSeq: 40, logFrom: 40 });
  });

  it('brings each event and line once, in order', () => {
    const live = told(known, hello, events(1, 2));
    expect(takeFrame(live, events(2, 3), false).events?.map(({ seq }) => seq)).toEqual([3]);
    expect(takeFrame(live, events(1), false).events).toBeUndefined();
    expect(takeFrame(live, logs(40, 41), false).lines?.map(({ logSeq }) => logSeq)).toEqual([41]);
  });

  it('says where it went on after a loss, and that nothing is missing', () => {
    const resumed = told(known, hello, events(1, 2), [hello], events(3));
    expect(resumed.resumed).toEqual({ atSeq: 2, gaps: 0 });
  });

  it('counts what is missing should there ever be a gap', () => {
    const resumed = told(known, hello, events(1, 2), [hello], events(5, 6));
    expect(resumed.resumed).toEqual({ atSeq: 2, gaps: 2 });
  });

  it('starts over after a reset', () => {
    const reset: RunFrame = { type: 'reset', runId: 'r', reason: 'purged', fromSeq: 5, fromLogSeq: 8 };
    expect(told(known, hello, events(1), reset)).toMatchObject({ seq: 4, logSeq: 7, reset: { fromSeq: 5 } });
  });

  it('ends, and refuses', () => {
    const end: RunFrame = { type: 'end', runId: 'r', headSeq: 9, headLogSeq: 41, status: 'FAILED' };
    expect(told(known, hello, end)).toMatchObject({ phase: 'ended', headLogSeq: 41 });
    const refused: RunFrame = { type: 'error', runId: 'r', status: 404, detail: 'there is no such run' };
    expect(told(known, refused)).toMatchObject({ phase: 'refused', refusal: { status: 404 } });
  });
});
