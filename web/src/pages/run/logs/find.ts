// Looks for the next line that a search finds, and begins anew at the other end where there is none.

import type { FetchLines, LineFilter } from './line';

/** A search that ran out of its time on the server goes on where it stopped, so often at most. */
const ROUNDS_MAX = 200;

export interface Found {
  readonly logSeq: number;
  /** It lies behind the place that was begun at: the search has gone round. */
  readonly hasWrapped: boolean;
}

interface Search {
  readonly fetchLines: FetchLines;
  readonly filter: LineFilter & { readonly q: string };
  readonly signal: AbortSignal;
}

export async function findNext(search: Search, from: number): Promise<Found | undefined> {
  const ahead = await forward(search, from);
  if (ahead !== undefined) return { logSeq: ahead, hasWrapped: false };
  const first = from > 0 ? await forward(search, 0) : undefined;
  return first === undefined ? undefined : { logSeq: first, hasWrapped: true };
}

export async function findPrevious(search: Search, from: number): Promise<Found | undefined> {
  const behind = await back(search, from);
  if (behind !== undefined) return { logSeq: behind, hasWrapped: false };
  const last = await back(search, undefined);
  return last === undefined ? undefined : { logSeq: last, hasWrapped: true };
}

async function forward({ fetchLines, filter, signal }: Search, from: number): Promise<number | undefined> {
  let after = from;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const page = await fetchLines({ ...filter, after, limit: 1 }, signal);
    if (page.lines[0]) return page.lines[0].logSeq;
    if (page.stopped !== 'time' || page.nextAfter <= after) return undefined;
    after = page.nextAfter;
  }
  return undefined;
}

/** `from` undefined: from the newest line on. */
async function back(
  { fetchLines, filter, signal }: Search,
  from: number | undefined,
): Promise<number | undefined> {
  let before = from;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const range = before === undefined ? { tail: 1 } : { before, limit: 1 };
    const page = await fetchLines({ ...filter, ...range }, signal);
    const line = page.lines.at(-1);
    if (line) return line.logSeq;
    const reached = page.nextBefore;
    if (page.stopped !== 'time' || !reached || reached === before) return undefined;
    before = reached;
  }
  return undefined;
}
