// The rows, and what comes after the last one: more of them when it comes into sight.

import type { UseInfiniteQueryResult } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Run } from '../../api/model';
import { Button } from '../../design/Button';
import styles from './RunList.module.css';
import { RunRow } from './RunRow';

/** The next page is asked for this long before the last row is reached. */
const AHEAD = '800px';

type Query = Pick<
  UseInfiniteQueryResult,
  'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage' | 'error' | 'isPlaceholderData'
>;
type Props = {
  runs: readonly Run[];
  query: Query;
  showWorkflow?: boolean;
  onLabel?: (label: string) => void;
  /** Where runs are being picked: which are. */
  picked?: readonly string[] | null;
  onPick?: (runId: string) => void;
};

export function RunList({ runs, query, showWorkflow, onLabel, picked = null, onPick }: Props) {
  return (
    <div className={styles.list} aria-busy={query.isPlaceholderData}>
      <ol aria-label="Runs, newest first">
        {runs.map((run) => (
          <RunRow
            key={run.runId}
            run={run}
            showWorkflow={showWorkflow}
            onLabel={onLabel}
            isPicked={picked?.includes(run.runId) ?? null}
            onPick={onPick}
          />
        ))}
      </ol>
      {query.hasNextPage ? (
        <More query={query} />
      ) : (
        <p className={styles.end}>
          {runs.length === 1 ? 'One run' : `${runs.length} runs`}, and no older ones
        </p>
      )}
    </div>
  );
}

function More({ query }: { query: Query }) {
  const { isFetchingNextPage, fetchNextPage, error, isPlaceholderData } = query;
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!mark.current || error || isPlaceholderData) return undefined;
    const watcher = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && !isFetchingNextPage && void fetchNextPage(),
      { rootMargin: AHEAD },
    );
    watcher.observe(mark.current);
    return () => watcher.disconnect();
  }, [isFetchingNextPage, fetchNextPage, error, isPlaceholderData]);
  return (
    <div ref={mark} className={styles.end}>
      {error && <p role="alert">Older runs could not be read: {error.message}</p>}
      <Button look="bare" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {isFetchingNextPage ? 'Reading older runs …' : 'Older runs'}
      </Button>
    </div>
  );
}
