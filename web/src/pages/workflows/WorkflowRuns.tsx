// The runs of a workflow, with the same filters as the list of all.

import { useCallback, useMemo } from 'react';
import { Failed, Loading } from '../../design/Notice';
import { FilterBar } from '../runs/FilterBar';
import { FilterChips } from '../runs/FilterChips';
import { NO_FILTER } from '../runs/filter';
import { NoRuns } from '../runs/NoRuns';
import { RunList } from '../runs/RunList';
import { RunTicks } from '../runs/RunTicks';
import { useRunFilter } from '../runs/use-run-filter';
import { useRuns } from '../runs/use-runs';
import styles from './WorkflowPage.module.css';

const TICKS = 40;

export function WorkflowRuns({ workflow }: { workflow: string }) {
  const { filter: asked, change } = useRunFilter();
  const filter = useMemo(() => ({ ...asked, workflow }), [asked, workflow]);
  const { query, runs } = useRuns(filter);
  const { runs: recent } = useRuns(useMemo(() => ({ ...NO_FILTER, workflow }), [workflow]));
  const isRead = query.isSuccess && !query.isPlaceholderData;
  const { labels } = asked;
  const addLabel = useCallback(
    (label: string) => change({ labels: [...new Set([...labels, label])] }),
    [change, labels],
  );
  return (
    <section className={styles.runs} aria-label="Runs">
      <div className={styles.runsHead}>
        <h2>Runs</h2>
        {recent.length > 0 && <RunTicks runs={recent} count={TICKS} />}
      </div>
      {recent.length > 0 && <FilterBar filter={asked} onChange={change} runs={recent} workflows={null} />}
      <FilterChips filter={{ ...asked, workflow: null }} onChange={change} />
      {runs.length > 0 && <RunList runs={runs} query={query} showWorkflow={false} onLabel={addLabel} />}
      {(query.isPending || (query.isPlaceholderData && runs.length === 0)) && <Loading what="runs" />}
      {query.error && runs.length === 0 && (
        <Failed error={query.error} what="runs" onRetry={() => void query.refetch()} />
      )}
      {isRead && runs.length === 0 && recent.length > 0 && (
        <NoRuns filter={{ ...asked, workflow: null }} onChange={change} />
      )}
      {isRead && runs.length === 0 && recent.length === 0 && (
        <p className={styles.none}>No run of this workflow yet.</p>
      )}
    </section>
  );
}
