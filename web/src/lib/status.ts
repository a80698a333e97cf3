// What the statuses of runs and nodes mean to a reader: their words, their shapes, and which of them are the end.

import type { NodeStatus, RunStatus } from '../api/wire';

export type Status = RunStatus | NodeStatus;

export const RUN_STATUSES: readonly RunStatus[] = [
  'QUEUED',
  'RUNNING',
  'AWAITING_INPUT',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'TIMED_OUT',
  'STALE',
];

const ENDED: ReadonlySet<Status> = new Set<Status>([
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'TIMED_OUT',
]);

/** Whether nothing more is to be expected of a run. */
export const isEnded = (status: RunStatus): boolean => ENDED.has(status);

/** Whether a node is over: skipped ones are, too. */
export const isNodeOver = (status: NodeStatus): boolean => ENDED.has(status) || status === 'SKIPPED';

/** The status in words for people: `AWAITING_INPUT` is “awaiting input”. */
export const statusWords = (status: string): string => status.toLowerCase().replaceAll('_', ' ');

/** The six families that share a colour; tokens.css has one for each. */
export type Tone = 'idle' | 'busy' | 'good' | 'bad' | 'warn' | 'quiet';

const TONES: Record<Status, Tone> = {
  QUEUED: 'idle',
  PENDING: 'idle',
  RUNNING: 'busy',
  RETRYING: 'warn',
  AWAITING_INPUT: 'warn',
  STALE: 'warn',
  COMPLETED: 'good',
  FAILED: 'bad',
  TIMED_OUT: 'bad',
  TERMINATED: 'bad',
  CANCELLED: 'quiet',
  SKIPPED: 'quiet',
};

export const toneOf = (status: Status): Tone => TONES[status] ?? 'idle';
