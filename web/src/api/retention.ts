// What is kept for how long, and the one door to deletion: a plan, and its apply.

import { call } from './call';
import type { RunStatus } from './wire';

export type What = 'runs' | 'logs' | 'artifacts';

export type Policy = {
  policyId?: string | null;
  /** null for all workflows that have none of their own. */
  workflow: string | null;
  keepDays?: number | null;
  keepLatest?: number | null;
  keepFailedDays?: number | null;
};

export type PlanQuestion = {
  olderThanDays?: number;
  status?: readonly RunStatus[];
  workflow?: string;
  runId?: string;
  keepLatest?: number;
  what?: What;
};

export type Counts = { runs: number; events: number; lines: number; bytes: number; artifacts: number };
export type PlanState = 'planned' | 'applying' | 'applied' | 'failed' | 'expired';
export type Plan = Counts & {
  planId: string;
  what: What;
  createdAt: string;
  expiresAt: string;
  state: PlanState;
  done: Counts;
  /** The first runs of the set. */
  sample: readonly string[];
};

const PLANS = '/api/v1/cleanup/plans';
const RETENTION = '/api/v1/retention';
const plan = (planId: string): string => `${PLANS}/${encodeURIComponent(planId)}`;

export const makePlan = (question: PlanQuestion) => call<Plan>('POST', PLANS, { json: question });
export const readPlans = (signal: AbortSignal) => call<{ plans: readonly Plan[] }>('GET', PLANS, { signal });
export const readPlan = (planId: string, signal: AbortSignal) => call<Plan>('GET', plan(planId), { signal });
export const applyPlan = (planId: string) => call<unknown>('POST', `${plan(planId)}/apply`);

export const readPolicies = (signal: AbortSignal) =>
  call<{ policies: readonly Policy[] }>('GET', RETENTION, { signal });
export const savePolicies = (policies: readonly Policy[]) =>
  call<unknown>('PUT', RETENTION, { json: { policies } });
