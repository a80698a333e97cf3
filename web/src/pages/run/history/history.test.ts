import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../fold/types';
import { createHistory, SequenceGap } from './history';

const event = (seq: number, type = 'NODE_PROGRESS'): RunEvent => ({
  seq,
  type,
  nodeRef: `n${seq % 7}`,
  attempt: 1,
  level: 'info',
  occurredAt: '2026-11-22T10:00:00Z',
  recordedAt: '2026-11-22T10:00:00Z',
});
const events = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, place) => event(from + place));

describe('the history of a run', () => {
  it('takes each event once, whatever is sent again', () => {
    const history = createHistory();
    history.append(events(1, 5));
    expect(history.append(events(3, 8)).map(({ seq }) => seq)).toEqual([6, 7, 8]);
    expect(history.headSeq).toBe(8);
    expect(history.at(4)?.seq).toBe(4);
  });

  it('refuses a gap rather than showing a wrong state', () => {
    const history = createHistory();
    history.append(events(1, 2));
    expect(() => history.append([event(4)])).toThrow(SequenceGap);
  });

  it('gives the state at any moment as a fold from the start would', () => {
    const history = createHistory();
    history.append(events(1, 1700));
    for (const seq of [0, 1, 499, 500, 501, 1700, 900, 12, 1699]) {
      const short = createHistory();
      short.append(events(1, seq));
      expect(history.stateAt(seq)).toEqual(short.run);
    }
    expect(history.stateAt(1701)).toBeUndefined();
  });

  it('does not let a state that was given change later', () => {
    const history = createHistory();
    history.append(events(1, 10));
    const seven = history.stateAt(7);
    history.stateAt(9);
    expect(seven?.head.headSeq).toBe(7);
  });

  it('keeps a bounded number of events and says where they begin', () => {
    const history = createHistory();
    history.append(events(1, 240_100));
    expect(history.firstSeq).toBeGreaterThan(1);
    expect(history.events.length).toBeLessThanOrEqual(220_000);
    expect(history.at(history.firstSeq)?.seq).toBe(history.firstSeq);
    expect(history.stateAt(history.firstSeq + 5)?.head.headSeq).toBe(history.firstSeq + 5);
    expect(history.stateAt(1)).toBeUndefined();
  });
});
