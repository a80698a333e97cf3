// What can be set, in the order of the way through.

import type { SettingsArea } from '../../lib/paths';

export const SETTINGS: ReadonlyArray<{ area: SettingsArea; label: string; note: string }> = [
  { area: 'people', label: 'People', note: 'users, invitations, roles' },
  { area: 'organizations', label: 'Organizations', note: 'make one, go to another' },
  { area: 'tokens', label: 'Tokens', note: 'for workers and CI' },
  { area: 'audit', label: 'Audit log', note: 'who did what' },
  { area: 'retention', label: 'Retention', note: 'policies, clean up, delete runs' },
  { area: 'notifications', label: 'Notifications', note: 'webhooks out, deliveries' },
];
