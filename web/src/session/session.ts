// Who is signed in, for everything that is drawn. Where the server asks nobody, all of this is at rest.

import { useQuery } from '@tanstack/react-query';
import { currentToken, setAccessSource } from '../api/access';
import { type NewSession, type Role, readSession, type Session } from '../api/accounts';
import { ApiError } from '../api/problem';
import { queryClient } from '../api/query-client';
import { askToken, holdToken, onSession } from '../live/client';
import { toHeld } from './keeper';

const KEY = ['session'];

/** What a server without accounts says, and one that does not know the question. */
const OPEN: Session = {
  authentication: 'open',
  signedIn: false,
  user: null,
  organization: null,
  role: null,
  organizations: [],
  openIdConnect: null,
};

async function read(): Promise<Session> {
  try {
    const first = await readSession();
    if (first.authentication === 'open' || first.signedIn) return first;
    setAccessSource({ current: () => askToken(null), renew: askToken });
    if ((await currentToken()) === null) return first;
    const second = await readSession();
    // The one token of a server without accounts: who holds it is in.
    return second.authentication === 'token' ? { ...second, signedIn: true } : second;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return OPEN;
    throw error;
  }
}

const query = {
  queryKey: KEY,
  queryFn: read,
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: Number.POSITIVE_INFINITY,
};

/** Begun before anything is drawn, so that drawing does not wait for it. */
export const beginSession = (): void => void queryClient.prefetchQuery(query);

/** For the frame of the page, which draws nothing until it is known who looks. */
export const useSessionQuery = () => useQuery(query);

/** Who looks; undefined where nobody has asked yet. */
export const useSession = (): Session | undefined => useQuery({ ...query, enabled: false }).data;

export const isIn = ({ authentication, signedIn }: Session): boolean => authentication === 'open' || signedIn;

/** Takes what signing in gave, for all tabs. What was read as somebody else is forgotten. */
export function enter(session: NewSession): void {
  holdToken(toHeld(session, Date.now()));
  setAccessSource({ current: () => askToken(null), renew: askToken });
  forget();
  const { accessToken: _, expiresInSeconds: __, ...told } = session;
  queryClient.setQueryData<Session>(KEY, { ...OPEN, ...told, signedIn: true });
}

/** The one token of a server without accounts. */
export function enterWithToken(token: string): void {
  holdToken({ token, expiresAt: Number.POSITIVE_INFINITY });
  setAccessSource({ current: () => askToken(null), renew: askToken });
  forget();
}

export function leave(): void {
  holdToken(null);
  queryClient.setQueryData<Session>(KEY, (before) => before && { ...before, signedIn: false, user: null });
  forget();
}

function forget(): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] });
  void queryClient.invalidateQueries({ queryKey: KEY });
}

/** Another tab, or the server, has changed who is signed in. Somebody else's page begins anew. */
export function watchSession(reload: () => void): () => void {
  return onSession(async () => {
    const before = queryClient.getQueryData<Session>(KEY);
    const now = await queryClient.fetchQuery({ ...query, staleTime: 0 }).catch(() => null);
    if (!now || !before?.signedIn || !now.signedIn) return;
    const isSame =
      now.user?.userId === before.user?.userId &&
      now.organization?.organizationId === before.organization?.organizationId;
    if (!isSame) reload();
  });
}

/** A request was refused for want of a session: whether there still is one is to be seen. */
export const doubtSession = (): void => void queryClient.invalidateQueries({ queryKey: KEY });

const RANK: Record<Role, number> = { viewer: 0, member: 1, owner: 2 };

/** Why whoever looks may not do what asks for `least`; null where they may. */
export function useBar(least: Role): string | null {
  const session = useSession();
  const role = session?.role;
  if (!session || session.authentication === 'open' || !role || RANK[role] >= RANK[least]) return null;
  return least === 'owner'
    ? 'Only owners of the organization may do this.'
    : 'As a viewer you can look at everything and change nothing.';
}
