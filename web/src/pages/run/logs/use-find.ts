// The search over all lines, done by the server: the next match after a line, or the one before it.

import { useCallback, useEffect, useRef, useState } from 'react';
import { useModel } from '../model/use-run';
import { findNext, findPrevious } from './find';
import type { LineFilter } from './line';

export interface Find {
  /** What there is to say of the last search. */
  readonly said: string;
  /** Looks from this line on; gives the line found. */
  readonly look: (from: number, isForward: boolean) => Promise<number | undefined>;
}

export function useFind(filter: LineFilter, q: string | undefined): Find {
  const { fetchLines } = useModel();
  const [said, setSaid] = useState('');
  const current = useRef<AbortController | null>(null);

  const look = useCallback(
    async (from: number, isForward: boolean) => {
      current.current?.abort();
      if (!q) return undefined;
      const stop = new AbortController();
      const { signal } = stop;
      current.current = stop;
      setSaid('searching …');
      try {
        const search = { fetchLines, filter: { ...filter, q }, signal };
        const found = await (isForward ? findNext(search, from) : findPrevious(search, from));
        const end = isForward ? 'from the start again' : 'from the end again';
        setSaid(found ? (found.hasWrapped ? end : '') : 'no match');
        return found?.logSeq;
      } catch (error) {
        if (!signal.aborted) setSaid(error instanceof Error ? error.message : String(error));
        return undefined;
      }
    },
    [fetchLines, filter, q],
  );

  // Another search forgets what the last one said.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(
    () => () => {
      current.current?.abort();
      setSaid('');
    },
    [q, filter],
  );
  return { said, look };
}
