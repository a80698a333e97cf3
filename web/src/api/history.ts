// Counts and statistics over runs, and deleting one.

import { call } from './call';

export type RunCount = { count: number /** There are more than the count says. */; atLeast: boolean };

export type Day = {
  day: string;
  runs: number;
  completed: number;
  failed: number;
  p50DurationMs: number | null;
  p95DurationMs: number | null;
};
export type Statistics = {
  runs: number;
  completed: number;
  failed: number;
  cancelled: number;
  /** From 0 to 1; null where nothing has ended. */
  successRate: number | null;
  p50DurationMs: number | null;
  p95DurationMs: number | null;
  days: readonly Day[];
};

type Query = NonNullable<Parameters<typeof call>[2]>['query'];

export const countRuns = (query: Query, signal: AbortSignal) =>
  call<RunCount>('GET', '/api/v1/runs/count', { ...(query && { query }), signal });

export const readStatistics = (workflow: string, days: number, signal: AbortSignal) =>
  call<Statistics>('GET', `/api/v1/workflows/${encodeURIComponent(workflow)}/statistics`, {
    query: { days },
    signal,
  });
