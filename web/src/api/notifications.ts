// Webhooks out: whom the server tells of what becomes of runs, and how that went.

import { call } from './call';
import type { RunStatus } from './wire';

export type Notification = {
  notificationId: string;
  url: string;
  statuses: readonly RunStatus[];
  workflow: string | null;
  description: string | null;
  enabled: boolean;
  failingSince: string | null;
  /** Why the server has turned it off. */
  disabledReason: string | null;
};
export type NotificationForm = {
  url: string;
  statuses: readonly RunStatus[];
  workflow?: string;
  description?: string;
  enabled: boolean;
};
export type Delivery = {
  deliveryId: string;
  runId: string | null;
  /** The run's status that it tells, or TEST. */
  status: string;
  attempts: number;
  state: 'waiting' | 'delivered' | 'failed';
  responseStatus: number | null;
  error: string | null;
  createdAt: string;
  lastAttemptAt: string | null;
  nextAttemptAt: string | null;
};

const ALL = '/api/v1/notifications';
const one = (notificationId: string): string => `${ALL}/${encodeURIComponent(notificationId)}`;

export const readNotifications = (signal: AbortSignal) =>
  call<{ notifications: readonly Notification[] }>('GET', ALL, { signal });
export const createNotification = (json: NotificationForm) =>
  call<Notification & { secret: string }>('POST', ALL, { json });
export const changeNotification = (notificationId: string, json: NotificationForm) =>
  call<unknown>('PUT', one(notificationId), { json });
export const removeNotification = (notificationId: string) => call<unknown>('DELETE', one(notificationId));
export const testNotification = (notificationId: string) =>
  call<unknown>('POST', `${one(notificationId)}/test`);
export const readDeliveries = (notificationId: string, signal: AbortSignal) =>
  call<{ deliveries: readonly Delivery[] }>('GET', `${one(notificationId)}/deliveries`, { signal });
