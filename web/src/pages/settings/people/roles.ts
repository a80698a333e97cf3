// The roles in words.

import type { Role } from '../../../api/accounts';

export const ROLES: ReadonlyArray<{ value: Role; label: string }> = [
  { value: 'owner', label: 'owner' },
  { value: 'member', label: 'member' },
  { value: 'viewer', label: 'viewer' },
];
