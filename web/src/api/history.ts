// Counts and statistics over runs, and deleting one.

import { call } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

export type RunCount = Schemas['RunCount'];
export type Day = Schemas['DayStatistics'];
export type Statistics = Schemas['Statistics'];

type Query = NonNullable<Parameters<typeof call>[2]>['query'];

export const countRuns = (query: Query, signal: AbortSignal) =>
  call<RunCount>('GET', '/api/v1/runs/count', { ...(query && { query }), signal });

export const readStatistics = (workflow: string, days: number, signal: AbortSignal) =>
  call<Statistics>('GET', `/api/v1/workflows/${encodeURIComponent(workflow)}/statistics`, {
    query: { days },
    signal,
  });
