// Which token requests carry, and what is done when the server no longer takes it.
//
// Each realm (a page, the worker that all pages share) has one source of tokens. Until somebody has to sign in there is
// none, and requests go out as they are.

/** Where tokens come from. */
export type AccessSource = {
  /** The token to send; null where nobody is signed in. */
  current(): Promise<string | null>;
  /** Another one than `stale`, which was refused; null where there is none any more. */
  renew(stale: string): Promise<string | null>;
};

const NOBODY: AccessSource = { current: async () => null, renew: async () => null };

let source = NOBODY;

export function setAccessSource(next: AccessSource): void {
  source = next;
}

export const currentToken = (): Promise<string | null> => source.current();

/** Sends a request as whoever is signed in. A token that was refused is renewed once, and the request sent again. */
export async function authorizedFetch(request: Request): Promise<Response> {
  const token = await source.current();
  if (token === null) return fetch(request);
  const answer = await fetch(withToken(request.clone(), token));
  if (answer.status !== 401) return answer;
  const renewed = await source.renew(token);
  return renewed === null ? answer : fetch(withToken(request, renewed));
}

function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

const TICKETS = '/api/v1/tickets';

/** A word that opens one stream or download, where a header can't be sent; null where nobody is signed in. */
export async function takeTicket(): Promise<string | null> {
  if ((await source.current()) === null) return null;
  const request = new Request(new URL(TICKETS, location.origin), { method: 'POST', cache: 'no-store' });
  const answer = await authorizedFetch(request);
  if (!answer.ok) throw new Error(`the server gave no ticket: ${answer.status}`);
  const { ticket } = (await answer.json()) as { ticket: string };
  return ticket;
}

/** The address with a ticket, where one is needed. */
export async function ticketed(address: string): Promise<string> {
  const ticket = await takeTicket();
  if (ticket === null) return address;
  return `${address}${address.includes('?') ? '&' : '?'}ticket=${encodeURIComponent(ticket)}`;
}
