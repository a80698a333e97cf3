// What starts runs of a workflow by itself: addresses that others post to, and schedules.

import { call } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Webhook = Schemas['Webhook'];
export type NewWebhook = Schemas['MadeWebhook'];
export type Missed = 'skip' | 'run-once';
export type Schedule = Schemas['Schedule'];
/** Inputs may be anything that the workflow takes. */
export type ScheduleForm = Omit<Schemas['NewSchedule'], 'inputs'> & { inputs?: unknown };

const part = encodeURIComponent;
const SCHEDULES = '/api/v1/schedules';
const webhooks = (workflow: string): string => `/api/v1/workflows/${part(workflow)}/webhooks`;

export const readWebhooks = (workflow: string, signal: AbortSignal) =>
  call<Schemas['WebhookList']>('GET', webhooks(workflow), { signal });
export const createWebhook = (workflow: string, json: { description?: string; hmac?: boolean }) =>
  call<NewWebhook>('POST', webhooks(workflow), { json });
export const removeWebhook = (workflow: string, webhookId: string) =>
  call<unknown>('DELETE', `${webhooks(workflow)}/${part(webhookId)}`);

export const readSchedules = (workflow: string, signal: AbortSignal) =>
  call<Schemas['ScheduleList']>('GET', SCHEDULES, { query: { workflow }, signal });
export const createSchedule = (json: ScheduleForm) => call<Schedule>('POST', SCHEDULES, { json });
export const changeSchedule = (scheduleId: string, json: ScheduleForm) =>
  call<unknown>('PUT', `${SCHEDULES}/${part(scheduleId)}`, { json });
export const removeSchedule = (scheduleId: string) =>
  call<unknown>('DELETE', `${SCHEDULES}/${part(scheduleId)}`);
