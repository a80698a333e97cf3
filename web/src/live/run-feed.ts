// What a page gets of one run while it looks at it: events and lines in order, each once, and how the connection fares.

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { WireEvent, WireLogLine } from '../api/wire';

export type FeedOptions = {
  /** Events after this seq; `head` for new ones only. From the first one unless told otherwise. */
  after?: number | 'head';
  /** Lines after this logSeq. New ones only unless told otherwise: older ones are pages of GET …/logs. */
  logAfter?: number | 'head';
  logs?: boolean;
};

/** Changes at most once a frame, however many events arrive. */
export type FeedSnapshot = {
  /** `opening` until `hello`; `waiting` while the connection is away; `ended` when all of it was received. */
  phase: 'opening' | 'live' | 'waiting' | 'ended' | 'refused';
  /** Events received, from `firstSeq` on without gaps. The array only grows; `count` is its length at this moment. */
  events: readonly WireEvent[];
  count: number;
  firstSeq: number;
  /** The last seq and logSeq received. */
  seq: number;
  logSeq: number;
  /** The heads that the server told of last; at `hello` they say how much is still to come. */
  headSeq: number;
  headLogSeq: number;
  /** The logSeq behind which live lines begin: lines up to here are read by GET …/logs. */
  logFrom: number;
  /** After a reconnect: where it went on, and how many events were missed there (none, by contract). */
  resumed: { atSeq: number; gaps: number } | null;
  /** The server could not go on from the cursor, and said why. */
  reset: { reason: string; fromSeq: number } | null;
  refusal: { status: number; detail: string } | null;
};

export type RunFeed = {
  readonly runId: string;
  getSnapshot(): FeedSnapshot;
  /** Told after the snapshot has changed. */
  subscribe(listener: () => void): () => void;
  /** Told of new events, in order, each once; at most once a frame. A reset is told by `onReset` first. */
  onEvents(listener: (events: readonly WireEvent[]) => void): () => void;
  onLines(listener: (lines: readonly WireLogLine[]) => void): () => void;
  onReset(listener: (fromSeq: number) => void): () => void;
  close(): void;
};

declare function openRunFeed(runId: string, options?: FeedOptions): RunFeed;

/** The feed of a run for as long as the component is there. */
export function useRunFeed(runId: string, options?: FeedOptions): RunFeed | null {
  const [feed, setFeed] = useState<RunFeed | null>(null);
  const key = JSON.stringify(options ?? {});
  useEffect(() => {
    const opened = openRunFeed(runId, JSON.parse(key) as FeedOptions);
    setFeed(opened);
    return () => opened.close();
  }, [runId, key]);
  return feed?.runId === runId ? feed : null;
}

const never = () => () => {};

export function useFeedSnapshot(feed: RunFeed | null): FeedSnapshot | null {
  return useSyncExternalStore(feed?.subscribe ?? never, () => feed?.getSnapshot() ?? null);
}
