// What is kept for how long, and the one door to deletion: a plan, and its apply.

import { call } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

export type What = Schemas['What'];
export type Policy = Schemas['RetentionPolicy'];
export type PlanQuestion = Schemas['NewPlan'];
export type Counts = Schemas['PlanCounts'];
export type Plan = Schemas['PlanDetail'];

const PLANS = '/api/v1/cleanup/plans';
const RETENTION = '/api/v1/retention';
const plan = (planId: string): string => `${PLANS}/${encodeURIComponent(planId)}`;

export const makePlan = (question: PlanQuestion) => call<Plan>('POST', PLANS, { json: question });
export const readPlans = (signal: AbortSignal) => call<Schemas['PlanPage']>('GET', PLANS, { signal });
export const readPlan = (planId: string, signal: AbortSignal) => call<Plan>('GET', plan(planId), { signal });
export const applyPlan = (planId: string) => call<unknown>('POST', `${plan(planId)}/apply`);

export const readPolicies = (signal: AbortSignal) => call<Schemas['Retention']>('GET', RETENTION, { signal });
export const savePolicies = (policies: readonly Policy[]) =>
  call<unknown>('PUT', RETENTION, { json: { policies } });
