// One workflow of the list.

import { memo } from 'react';
import type { Run } from '../../api/model';
import type { WireWorkflow } from '../../api/wire';
import { Badge } from '../../design/Badge';
import { RowLink } from '../../design/RowLink';
import { Ago } from '../../design/Took';
import { paths } from '../../lib/paths';
import { RunTicks } from '../runs/RunTicks';
import styles from './WorkflowsPage.module.css';

const TICKS = 20;

export const WorkflowRow = memo(function WorkflowRow(props: {
  workflow: WireWorkflow;
  runs: readonly Run[];
}) {
  const { name, description, version, nodeCount, lastRun, counts } = props.workflow;
  const newest = props.runs[0];
  const waiting = counts.waiting > 0 ? `, ${counts.waiting} waiting` : '';
  return (
    <li className={styles.row} data-workflow={name}>
      <span className={styles.what}>
        <RowLink to={paths.workflow(name)} className={styles.name}>
          {name}
        </RowLink>
        <span className={styles.told}>{description}</span>
      </span>
      <span className={styles.ticks}>
        {props.runs.length > 0 && <RunTicks runs={props.runs} count={TICKS} />}
      </span>
      <span className={styles.last}>
        {lastRun ? (
          <>
            <Badge status={lastRun.status} />
            {newest && <Ago at={newest.queuedAt ?? newest.registeredAt} />}
          </>
        ) : (
          'never started'
        )}
      </span>
      <span className={`${styles.facts} num`}>
        version {version}, {nodeCount === 1 ? 'one node' : `${nodeCount} nodes`}
        {waiting}
      </span>
    </li>
  );
});
