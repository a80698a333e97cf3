// The run of another workflow that a node stands for. Pure.

import type { RunEvent } from '../../../fold/types';
import type { Attempt } from '../timeline/spans';

/** The run that the newest attempt as of `seq` called; none where the node does its work itself. */
export function calledRunOf(
  attempts: readonly Attempt[],
  seq: number,
  eventAt: (seq: number) => RunEvent | undefined,
): string | undefined {
  const newest = attempts.findLast((attempt) => attempt.startSeq <= seq);
  const data = newest && eventAt(newest.startSeq)?.data;
  if (typeof data !== 'object' || data === null || !('childRunId' in data)) return undefined;
  return typeof data.childRunId === 'string' ? data.childRunId : undefined;
}
