// How many runs fit the filter: exact as far as the server counts, and “10,000+” beyond.

import { useQuery } from '@tanstack/react-query';
import { countRuns } from '../../api/history';
import { formatCount } from '../../lib/format';
import styles from './FilterBar.module.css';
import { type RunListFilter, toQuery, writeFilter } from './filter';

/** The list itself is live; its count may be a little late. */
const AGAIN_MS = 15_000;

export function RunCount({ filter }: { filter: RunListFilter }) {
  const { data } = useQuery({
    queryKey: ['runs-count', writeFilter(filter).toString()],
    queryFn: ({ signal }) => countRuns(toQuery(filter, Date.now()), signal),
    refetchInterval: AGAIN_MS,
    placeholderData: (before) => before,
  });
  if (!data) return null;
  const words = data.count === 1 && !data.atLeast ? 'run' : 'runs';
  return (
    <span className={`${styles.count} num`} role="status" data-count={data.count}>
      {formatCount(data.count)}
      {data.atLeast && '+'} {words}
    </span>
  );
}
