import { expect, test } from 'vitest';
import type { RunEvent } from '../../../fold/types';
import type { Attempt } from '../timeline/spans';
import { calledRunOf } from './called-run';

const attempts = [{ startSeq: 3 }, { startSeq: 8 }] as unknown as Attempt[];
const started = (data: unknown) => ({ type: 'NODE_STARTED', data }) as unknown as RunEvent;
const events = new Map([
  [3, started({ childRunId: 'run-first' })],
  [8, started({ childRunId: 'run-second' })],
]);

test('a node leads to the run that its newest attempt called, as of the moment looked at', () => {
  const of = (seq: number) => calledRunOf(attempts, seq, (at) => events.get(at));
  expect([of(2), of(3), of(7), of(8)]).toEqual([undefined, 'run-first', 'run-first', 'run-second']);
});

test('a node that does its work itself leads nowhere', () => {
  for (const data of [undefined, null, 'x', {}, { childRunId: 7 }]) {
    expect(calledRunOf(attempts, 9, () => started(data))).toBeUndefined();
  }
});
