// A page's side of the live connection: one hub for all tabs where the browser has SharedWorkers, else one of its own.

import type { Held } from '../session/keeper';
import type { LinkState } from './connection';
import type { TransportName } from './course';
import type { Frame, RunFrame } from './frames';
import { createHub, type Notice, type Request } from './hub';
import { joinSharedHub } from './shared-hub';
import type { Cursor } from './transport';

type RunListener = { frame(frame: RunFrame, again: boolean): void; lost(): void };
type ListListener = { changed(frame: Extract<Frame, { type: 'runs' }>): void; again(): void };

const views = new Map<number, RunListener>();
const lists = new Set<ListListener>();
const linkListeners = new Set<() => void>();
const sessionListeners = new Set<() => void>();
const tokenAsks = new Map<number, { resolve(token: string | null): void; reject(error: Error): void }>();
let link: LinkState = { phase: 'connecting', transport: 'socket', latencyMs: null };
let nextView = 1;
let nextAsk = 1;
let say: ((request: Request) => void) | null = null;

function onNotice(notice: Notice): void {
  if (notice.is === 'frame') views.get(notice.viewer)?.frame(notice.frame, notice.again ?? false);
  else if (notice.is === 'list') for (const list of lists) list.changed(notice.frame);
  else if (notice.is === 'list-again') for (const list of lists) list.again();
  else if (notice.is === 'lost') for (const view of views.values()) view.lost();
  else if (notice.is === 'session') for (const listener of sessionListeners) listener();
  else if (notice.is === 'token') {
    const { ask, token, failure } = notice;
    if (failure === null) tokenAsks.get(ask)?.resolve(token);
    else tokenAsks.get(ask)?.reject(new Error(failure));
    tokenAsks.delete(ask);
  } else if (notice.is === 'link') {
    link = notice.link;
    for (const listener of linkListeners) listener();
  }
}

/** `?transport=sse` and `=poll` are for trying them; such a page has a connection of its own. */
function forcedTransport(): TransportName | null {
  const name = new URLSearchParams(location.search).get('transport');
  return name === 'socket' || name === 'sse' || name === 'poll' ? name : null;
}

function request(message: Request): void {
  say ??= open();
  say(message);
}

function open(): (request: Request) => void {
  const forced = forcedTransport();
  const send = forced ? createHub(forced).join(onNotice) : joinSharedHub(onNotice);
  addEventListener('online', () => send({ do: 'network', isOnline: true }));
  addEventListener('offline', () => send({ do: 'network', isOnline: false }));
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) send({ do: 'probe' });
  });
  // A page that is kept to be shown again would go on receiving; it begins anew instead.
  addEventListener('pagehide', () => send({ do: 'bye' }));
  addEventListener('pageshow', ({ persisted }) => {
    if (persisted) location.reload();
  });
  return send;
}

/** Follows a run until the returned function is called. */
export function viewRun(runId: string, cursor: Cursor, listener: RunListener): () => void {
  const viewer = nextView++;
  views.set(viewer, listener);
  request({ do: 'view', viewer, runId, cursor });
  return () => {
    views.delete(viewer);
    request({ do: 'close', viewer });
  };
}

/** Follows the list of runs. `again` says that changes may have been missed, so that the list is to be read. */
export function viewList(listener: ListListener): () => void {
  lists.add(listener);
  if (lists.size === 1) request({ do: 'list', isWatched: true });
  else listener.again();
  return () => {
    lists.delete(listener);
    if (lists.size === 0) request({ do: 'list', isWatched: false });
  };
}

/** Finds out soon how the connection fares. */
export const probeNow = (): void => request({ do: 'probe' });

export const linkNow = (): LinkState => link;

export function onLink(listener: () => void): () => void {
  linkListeners.add(listener);
  if (linkListeners.size === 1) request({ do: 'link' });
  return () => linkListeners.delete(listener);
}

/** The access token that all tabs share. */
export function askToken(stale: string | null): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const ask = nextAsk++;
    tokenAsks.set(ask, { resolve, reject });
    request({ do: 'token', ask, stale });
  });
}

/** Tells the other tabs who is signed in now: null for nobody. */
export const holdToken = (held: Held | null): void => request({ do: 'hold', held });

/** Told when another tab, or the server, has changed who is signed in. */
export function onSession(listener: () => void): () => void {
  sessionListeners.add(listener);
  return () => sessionListeners.delete(listener);
}
