// Who is signed in, who may sign in, tokens, and who did what.

import { call } from './call';

export type Role = 'owner' | 'member' | 'viewer';
export type Scope = 'append' | 'read' | 'admin';

export type Session = {
  authentication: 'open' | 'token' | 'accounts';
  signedIn: boolean;
  user: { userId: string; email: string; name: string | null } | null;
  organization: { organizationId: string; name: string } | null;
  role: Role | null;
  organizations: ReadonlyArray<{ organizationId: string; name: string; role: Role }>;
  openIdConnect: { name: string } | null;
};
export type NewSession = Session & { accessToken: string; expiresInSeconds: number };

export type User = {
  userId: string;
  email: string;
  name: string | null;
  role: Role;
  createdAt: string | null;
  /** Has signed in before. */
  joined: boolean;
};
export type ApiToken = {
  tokenId: string;
  name: string;
  scopes: readonly Scope[];
  workflow: string | null;
  runId: string | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  prefix: string;
};
export type NewToken = {
  name: string;
  scopes: readonly Scope[];
  workflow?: string;
  runId?: string;
  expiresAt?: string;
};
export type AuditEntry = {
  at: string;
  actor: unknown;
  action: string;
  subject: unknown;
  detail: unknown;
  address: string | null;
};

const part = encodeURIComponent;
const SESSION = '/api/v1/session';

export const readSession = () => call<Session>('GET', SESSION);
export const signIn = (email: string, password: string) =>
  call<NewSession>('POST', SESSION, { json: { email, password } });
export const redeemLink = (link: string, password: string) =>
  call<NewSession>('POST', `${SESSION}/link`, { json: { link, ...(password && { password }) } });
export const signOut = () => call<void>('DELETE', SESSION);
export const chooseOrganization = (organizationId: string) =>
  call<NewSession>('PUT', `${SESSION}/organization`, { json: { organizationId } });
/** The browser goes there itself. */
export const OPENID = `${SESSION}/openid`;

export const readUsers = (signal: AbortSignal) =>
  call<{ users: readonly User[] }>('GET', '/api/v1/users', { signal });
export const inviteUser = (invited: { email: string; name?: string; role: Role }) =>
  call<{ user: User; signInLink: string }>('POST', '/api/v1/users', { json: invited });
export const changeRole = (userId: string, role: Role) =>
  call<unknown>('PUT', `/api/v1/users/${part(userId)}`, { json: { role } });
export const makeLink = (userId: string) =>
  call<{ signInLink: string }>('POST', `/api/v1/users/${part(userId)}/link`);
export const removeUser = (userId: string) => call<unknown>('DELETE', `/api/v1/users/${part(userId)}`);

export const readTokens = (signal: AbortSignal) =>
  call<{ tokens: readonly ApiToken[] }>('GET', '/api/v1/tokens', { signal });
export const createToken = (token: NewToken) =>
  call<ApiToken & { token: string }>('POST', '/api/v1/tokens', { json: token });
export const revokeToken = (tokenId: string) => call<unknown>('DELETE', `/api/v1/tokens/${part(tokenId)}`);

export const readAudit = (cursor: string | null, limit: number, signal: AbortSignal) =>
  call<{ entries: readonly AuditEntry[]; nextCursor: string | null }>('GET', '/api/v1/audit', {
    query: { cursor, limit },
    signal,
  });
