// Keeps the access token, in memory only, and trades the refresh cookie for the next one before it expires.
//
// It lives beside the connection: in the worker that all tabs share, so that the cookie, which is good for one trade, is never
// traded twice at once. Where browsers lock, a page with a keeper of its own waits for its turn.

import type { AccessSource } from '../api/access';

export type Held = {
  token: string /** In milliseconds; Infinity where it is for good. */;
  expiresAt: number;
};

export type Keeper = AccessSource & {
  /** What signing in gave; null after signing out. */
  hold(held: Held | null): void;
};

type Options = {
  now?: () => number;
  trade?: () => Promise<Held | null>;
  /** Nobody is signed in any more, and nobody said so. */
  onLost: () => void;
};

/** So much before its end a token is renewed: more than any request takes to arrive, and clocks to differ. */
const AHEAD_MS = 30_000;
const REFRESH = '/api/v1/session/refresh';
const LOCK = 'telltale-session';

export function createKeeper({ now = Date.now, trade = tradeCookie, onLost }: Options): Keeper {
  let held: Held | null = null;
  let trading: Promise<string | null> | null = null;

  async function refresh(): Promise<string | null> {
    const before = held;
    const next = await trade();
    // Somebody signed in or out meanwhile: what they did holds.
    if (held !== before) return held?.token ?? null;
    held = next;
    if (before && !next) onLost();
    return next?.token ?? null;
  }

  function renewed(): Promise<string | null> {
    trading ??= refresh().finally(() => {
      trading = null;
    });
    return trading;
  }

  return {
    async current() {
      if (held && held.expiresAt - AHEAD_MS > now()) return held.token;
      return renewed();
    },
    async renew(stale) {
      if (held && held.token !== stale) return held.token;
      return renewed();
    },
    hold(next) {
      held = next;
    },
  };
}

export type SignedIn = { accessToken: string; expiresInSeconds: number };

export const toHeld = ({ accessToken, expiresInSeconds }: SignedIn, now: number): Held => ({
  token: accessToken,
  expiresAt: now + expiresInSeconds * 1_000,
});

/** null where there is no cookie, or none that is worth anything; throws where the server can't say. */
async function tradeCookie(): Promise<Held | null> {
  const ask = async () => {
    const answer = await fetch(REFRESH, { method: 'POST', cache: 'no-store' });
    if (answer.ok) return toHeld((await answer.json()) as SignedIn, Date.now());
    if (answer.status >= 500 || answer.status === 429)
      throw new Error('the server can’t renew the session now');
    return null;
  };
  return navigator.locks ? navigator.locks.request(LOCK, ask) : ask();
}
