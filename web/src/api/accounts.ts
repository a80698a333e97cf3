// Who is signed in, who may sign in, tokens, and who did what.

import { call } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type Scope = Schemas['Scope'];
export type Session = Schemas['Session'];
/** An organization, and what whoever asks is there. */
export type Membership = Schemas['Membership'];
export type NewSession = Schemas['OpenedSession'];
export type User = Schemas['Member'];
export type ApiToken = Schemas['Token'];
export type NewToken = Schemas['NewToken'];
export type AuditEntry = Schemas['AuditEntry'];

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
export const makeOrganization = (name: string) =>
  call<Schemas['Organization']>('POST', '/api/v1/organizations', { json: { name } });
/** The browser goes there itself. */
export const OPENID = `${SESSION}/openid`;

export const readUsers = (signal: AbortSignal) =>
  call<Schemas['MemberList']>('GET', '/api/v1/users', { signal });
export const inviteUser = (invited: { email: string; name?: string; role: Role }) =>
  call<Schemas['InvitedMember']>('POST', '/api/v1/users', { json: invited });
export const changeRole = (userId: string, role: Role) =>
  call<unknown>('PUT', `/api/v1/users/${part(userId)}`, { json: { role } });
export const makeLink = (userId: string) =>
  call<Schemas['SignInLink']>('POST', `/api/v1/users/${part(userId)}/link`);
export const removeUser = (userId: string) => call<unknown>('DELETE', `/api/v1/users/${part(userId)}`);

export const readTokens = (signal: AbortSignal) =>
  call<Schemas['TokenList']>('GET', '/api/v1/tokens', { signal });
export const createToken = (token: NewToken) =>
  call<Schemas['MadeToken']>('POST', '/api/v1/tokens', { json: token });
export const revokeToken = (tokenId: string) => call<unknown>('DELETE', `/api/v1/tokens/${part(tokenId)}`);

export const readAudit = (cursor: string | null, limit: number, signal: AbortSignal) =>
  call<Schemas['AuditPage']>('GET', '/api/v1/audit', {
    query: { cursor, limit },
    signal,
  });
