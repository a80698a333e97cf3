// The history of all runs, newest first, live.

import { useCallback, useState } from 'react';
import { Failed, Loading } from '../../design/Notice';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';
import { FilterBar } from './FilterBar';
import styles from './FilterBar.module.css';
import { FilterChips } from './FilterChips';
import { isFiltering, NO_FILTER, type RunListFilter } from './filter';
import { ListDeeds } from './ListDeeds';
import { NoRuns } from './NoRuns';
import { RunCount } from './RunCount';
import { RunList } from './RunList';
import { useRunFilter } from './use-run-filter';
import { useRuns } from './use-runs';
import { byWorkflow, WorkflowStrips } from './WorkflowStrips';

/** Enough for a few runs of each workflow; it is one read. */
const RECENT = 200;

export function RunsPage() {
  useCrumbs([{ label: 'Runs' }], 'Runs');
  const { filter, change } = useRunFilter();
  const list = useRuns(filter);
  const { runs: recent } = useRuns(NO_FILTER, RECENT);
  const workflows = byWorkflow(recent).map(([name]) => name);
  const [picked, setPicked] = useState<readonly string[] | null>(null);
  const pick = useCallback((runId: string) => setPicked((all) => all && withPicked(all, runId)), []);
  const isAnything = recent.length > 0 || isFiltering(filter);
  return (
    <div className={layout.page}>
      <h1 className="unseen">Runs</h1>
      <WorkflowStrips runs={recent} chosen={filter.workflow} onChoose={(workflow) => change({ workflow })} />
      {isAnything && <FilterBar filter={filter} onChange={change} runs={recent} workflows={workflows} />}
      <FilterChips filter={filter} onChange={change} />
      <div className={styles.more}>
        {isAnything && <RunCount filter={filter} />}
        <ListDeeds picked={picked} onPick={setPicked} />
      </div>
      <Runs filter={filter} list={list} onChange={change} picked={picked} onPick={pick} />
    </div>
  );
}

type RunsProps = {
  filter: RunListFilter;
  list: ReturnType<typeof useRuns>;
  onChange: (change: Partial<RunListFilter>) => void;
  picked: readonly string[] | null;
  onPick: (runId: string) => void;
};

/** Two at most: a third takes the place of the first. */
function withPicked(all: readonly string[], runId: string): readonly string[] {
  return all.includes(runId) ? all.filter((one) => one !== runId) : [...all, runId].slice(-2);
}

function Runs({ filter, list: { query, runs }, onChange, picked, onPick }: RunsProps) {
  const { labels } = filter;
  const addLabel = useCallback(
    (label: string) => onChange({ labels: [...new Set([...labels, label])] }),
    [onChange, labels],
  );
  if (runs.length > 0)
    return <RunList runs={runs} query={query} onLabel={addLabel} picked={picked} onPick={onPick} />;
  if (query.isPending || query.isPlaceholderData) return <Loading what="runs" />;
  if (query.error) return <Failed error={query.error} what="runs" onRetry={() => void query.refetch()} />;
  return <NoRuns filter={filter} onChange={onChange} />;
}
