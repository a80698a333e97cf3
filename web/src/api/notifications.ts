// Webhooks out: whom the server tells of what becomes of runs, and how that went.

import { call } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Notification = Schemas['Notification'];
export type NotificationForm = Schemas['NewNotification'];
export type Delivery = Schemas['NotificationDelivery'];

const ALL = '/api/v1/notifications';
const one = (notificationId: string): string => `${ALL}/${encodeURIComponent(notificationId)}`;

export const readNotifications = (signal: AbortSignal) =>
  call<Schemas['NotificationList']>('GET', ALL, { signal });
export const createNotification = (json: NotificationForm) =>
  call<Schemas['MadeNotification']>('POST', ALL, { json });
export const changeNotification = (notificationId: string, json: NotificationForm) =>
  call<unknown>('PUT', one(notificationId), { json });
export const removeNotification = (notificationId: string) => call<unknown>('DELETE', one(notificationId));
export const testNotification = (notificationId: string) =>
  call<unknown>('POST', `${one(notificationId)}/test`);
export const readDeliveries = (notificationId: string, signal: AbortSignal) =>
  call<Schemas['DeliveryPage']>('GET', `${one(notificationId)}/deliveries`, { signal });
