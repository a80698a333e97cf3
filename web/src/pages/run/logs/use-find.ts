// The search over all lines, done by the server: the next match after a line, or the one before it.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useModel } from '../model/use-run';
import type { LineFilter } from './line';

export interface Find {
  readonly state: 'idle' | 'searching' | 'found' | 'none' | 'failed';
  /** What the server said of a search that failed. */
  readonly said: string;
  /** Looks from this line on; gives the line found. */
  readonly next: (from: number) => Promise<number | undefined>;
  readonly previous: (from: number) => Promise<number | undefined>;
  readonly stop: () => void;
}

/** A search that ran out of its time on the server goes on where it stopped, so often at most. */
const ROUNDS_MAX = 200;

export function useFind(filter: LineFilter, q: string | undefined): Find {
  const { fetchLines } = useModel();
  const [state, setState] = useState<{ state: Find['state']; said: string }>({ state: 'idle', said: '' });
  const current = useRef<AbortController | null>(null);

  const look = useCallback(
    async (from: number, isForward: boolean) => {
      current.current?.abort();
      if (!q) return undefined;
      const stop = new AbortController();
      current.current = stop;
      setState({ state: 'searching', said: '' });
      try {
        let place = from;
        for (let round = 0; round < ROUNDS_MAX; round += 1) {
          const range = isForward ? { after: place } : { before: place };
          const page = await fetchLines({ ...filter, q, ...range, limit: 1 }, stop.signal);
          const line = isForward ? page.lines[0] : page.lines.at(-1);
          if (line) {
            setState({ state: 'found', said: '' });
            return line.logSeq;
          }
          const reached = isForward ? page.nextAfter : page.nextBefore;
          if (page.stopped !== 'time' || reached === undefined || reached === null || reached === place)
            break;
          place = reached;
        }
        setState({ state: 'none', said: '' });
      } catch (error) {
        if (!stop.signal.aborted)
          setState({ state: 'failed', said: error instanceof Error ? error.message : String(error) });
      }
      return undefined;
    },
    [fetchLines, filter, q],
  );

  const stop = useCallback(() => {
    current.current?.abort();
    setState({ state: 'idle', said: '' });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search forgets what the last one said
  useEffect(() => stop, [stop, q, filter]);

  return {
    ...state,
    next: useCallback((from) => look(from, true), [look]),
    previous: useCallback((from) => look(from, false), [look]),
    stop,
  };
}
