// What starts runs of a workflow by itself: addresses that others post to, and schedules.

import { call } from './call';

export type Webhook = {
  webhookId: string;
  description: string | null;
  createdAt: string;
  lastUsedAt: string | null;
  lastRunId: string | null;
  hmac: boolean;
};
export type NewWebhook = { webhookId: string; url: string; hmacSecret: string | null };

export type Missed = 'skip' | 'run-once';
export type ScheduleForm = {
  workflow: string;
  cron: string;
  timeZone: string;
  inputs?: unknown;
  missed: Missed;
  enabled: boolean;
};
export type Schedule = ScheduleForm & {
  scheduleId: string;
  nextAt: string | null;
  lastAt: string | null;
  lastRunId: string | null;
  /** Why its last time has started no run. */
  lastError: string | null;
};

const part = encodeURIComponent;
const SCHEDULES = '/api/v1/schedules';
const webhooks = (workflow: string): string => `/api/v1/workflows/${part(workflow)}/webhooks`;

export const readWebhooks = (workflow: string, signal: AbortSignal) =>
  call<{ webhooks: readonly Webhook[] }>('GET', webhooks(workflow), { signal });
export const createWebhook = (workflow: string, json: { description?: string; hmac?: boolean }) =>
  call<NewWebhook>('POST', webhooks(workflow), { json });
export const removeWebhook = (workflow: string, webhookId: string) =>
  call<unknown>('DELETE', `${webhooks(workflow)}/${part(webhookId)}`);

export const readSchedules = (workflow: string, signal: AbortSignal) =>
  call<{ schedules: readonly Schedule[] }>('GET', SCHEDULES, { query: { workflow }, signal });
export const createSchedule = (json: ScheduleForm) => call<Schedule>('POST', SCHEDULES, { json });
export const changeSchedule = (scheduleId: string, json: ScheduleForm) =>
  call<unknown>('PUT', `${SCHEDULES}/${part(scheduleId)}`, { json });
export const removeSchedule = (scheduleId: string) =>
  call<unknown>('DELETE', `${SCHEDULES}/${part(scheduleId)}`);
