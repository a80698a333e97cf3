// One run of the list. All of it is a link to the run; labels narrow the list down.

import { memo } from 'react';
import type { Run } from '../../api/model';
import { Badge } from '../../design/Badge';
import { Meter } from '../../design/Meter';
import { RowLink } from '../../design/RowLink';
import { Ago, Took } from '../../design/Took';
import { paths } from '../../lib/paths';
import { toneOf } from '../../lib/status';
import styles from './RunRow.module.css';

/** What follows these in a row would only be cut off. */
const LABELS_SHOWN = 4;

type Props = {
  run: Run;
  showWorkflow?: boolean;
  onLabel?: (label: string) => void;
  /** null where runs are not being picked. */
  isPicked?: boolean | null;
  onPick?: (runId: string) => void;
};

export const RunRow = memo(function RunRow(props: Props) {
  const { run, showWorkflow = true, onLabel, isPicked = null, onPick } = props;
  const { runId, status, workflow, trigger, progress, failure } = run;
  const labels = Object.entries(run.labels).slice(0, LABELS_SHOWN);
  return (
    <li className={styles.row} data-run={runId} data-status={status}>
      <span className={styles.status}>
        {isPicked !== null && (
          <input
            type="checkbox"
            className={styles.pick}
            aria-label={`Pick ${runId}`}
            checked={isPicked}
            onChange={() => onPick?.(runId)}
          />
        )}
        <Badge status={status} />
      </span>
      <span className={styles.what}>
        <RowLink to={paths.run(runId)} className="mono">
          {runId}
        </RowLink>
        {failure ? (
          <span className={styles.failure} data-tone={toneOf(status)} title={failure.reason}>
            {failure.nodeRef && <b>{failure.nodeRef}: </b>}
            {failure.reason}
          </span>
        ) : (
          <span className={styles.labels}>
            {labels.map(([key, value]) => (
              <LabelButton key={key} label={`${key}:${value}`} onLabel={onLabel} />
            ))}
          </span>
        )}
      </span>
      {showWorkflow && (
        <span className={styles.workflow} title={workflow ?? undefined}>
          {workflow}
        </span>
      )}
      <span className={styles.trigger}>{trigger?.type}</span>
      <span className={styles.progress}>
        <Meter completed={progress.completed} total={progress.total} tone={toneOf(status)} />
      </span>
      <span className={styles.took}>
        <Took from={run.startedAt} to={run.completedAt} />
      </span>
      <span className={styles.when}>
        <Ago at={run.queuedAt ?? run.startedAt ?? run.registeredAt} />
      </span>
    </li>
  );
});

function LabelButton({ label, onLabel }: { label: string; onLabel?: (label: string) => void }) {
  if (!onLabel) return <span className={styles.label}>{label}</span>;
  return (
    <button
      type="button"
      className={styles.label}
      onClick={() => onLabel(label)}
      title={`Only runs with ${label}`}
    >
      {label}
    </button>
  );
}
