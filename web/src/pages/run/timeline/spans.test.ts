import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../fold/types';
import { criticalPath } from './critical-path';
import { addEvent, clipped, endOf, type Spans } from './spans';

let seq = 0;
const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
function add(spans: Spans, type: string, nodeRef: string, second: number, attempt = 1, metadata = {}): void {
  seq += 1;
  const event: RunEvent = {
    seq,
    type,
    nodeRef,
    attempt,
    level: 'info',
    occurredAt: at(second),
    recordedAt: at(second),
    metadata,
  };
  addEvent(spans, event);
}

describe('spans of a node', () => {
  it('has a stretch for each attempt, and what ended it', () => {
    const spans: Spans = new Map();
    add(spans, 'NODE_STARTED', 'a', 0);
    add(spans, 'NODE_RETRYING', 'a', 2);
    add(spans, 'NODE_STARTED', 'a', 5, 2);
    add(spans, 'NODE_COMPLETED', 'a', 6, 2);
    const attempts = spans.get('a')?.attempts ?? [];
    expect(attempts.map(({ start, end, endType }) => [end && (end - start) / 1000, endType])).toEqual([
      [2, 'NODE_RETRYING'],
      [1, 'NODE_COMPLETED'],
    ]);
  });

  it('keeps what it waited for a person, and passes over what is late', () => {
    const spans: Spans = new Map();
    add(spans, 'NODE_AWAITING_INPUT', 'a', 0);
    add(spans, 'NODE_PROGRESS', 'a', 1);
    add(spans, 'NODE_INPUT_RECEIVED', 'a', 4);
    add(spans, 'NODE_COMPLETED', 'a', 5);
    add(spans, 'NODE_STARTED', 'a', 9, 2, { late: true });
    const [attempt, ...others] = spans.get('a')?.attempts ?? [];
    expect(others).toEqual([]);
    expect(attempt?.waits.map(({ start, end }) => end && end - start)).toEqual([4000]);
  });

  it('shows a moment as it was: open ends, and nothing that had not begun', () => {
    const spans: Spans = new Map();
    seq = 0;
    add(spans, 'NODE_STARTED', 'a', 0);
    add(spans, 'NODE_COMPLETED', 'a', 5);
    const attempt = spans.get('a')?.attempts[0];
    if (!attempt) throw new Error('no attempt');
    expect(clipped(attempt, 0, Date.parse(at(0)))).toBeUndefined();
    expect(clipped(attempt, 1, Date.parse(at(3)))).toEqual({
      start: Date.parse(at(0)),
      end: Date.parse(at(3)),
      isOpen: true,
    });
    expect(clipped(attempt, 2, Date.parse(at(9)))?.isOpen).toBe(false);
    expect(endOf(spans.get('a'), 1)).toBeUndefined();
    expect(endOf(spans.get('a'), 2)).toBe(Date.parse(at(5)));
  });
});

describe('the critical path', () => {
  it('goes back from the node that ended last along the need that ended last', () => {
    const spans: Spans = new Map();
    for (const [node, from, to] of [
      ['a', 0, 2],
      ['b', 0, 5],
      ['c', 5, 6],
      ['d', 2, 3],
    ] as const) {
      add(spans, 'NODE_STARTED', node, from);
      add(spans, 'NODE_COMPLETED', node, to);
    }
    const nodes = [
      { nodeRef: 'a', needs: [] },
      { nodeRef: 'b', needs: [] },
      { nodeRef: 'c', needs: ['a', 'b'] },
      { nodeRef: 'd', needs: ['a'] },
    ];
    expect([...criticalPath(nodes, spans, seq)]).toEqual(['c', 'b']);
    expect([...criticalPath([{ nodeRef: 'a', needs: [] }], spans, seq)]).toEqual([]);
  });
});
