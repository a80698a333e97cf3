// Who the run is and how it fares, and what can be done to it.

import { type ReactNode, useEffect } from 'react';
import { Link } from 'react-router';
import { toTrigger } from '../../../api/model';
import { Badge } from '../../../design/Badge';
import { progressOf, statusOf } from '../../../fold/run';
import { isTerminal } from '../../../fold/words';
import { formatAgo, formatCount, formatDuration, formatMoment, formatTicking } from '../../../lib/format';
import { useNow } from '../../../lib/now';
import { paths } from '../../../lib/paths';
import { statusWords } from '../../../lib/status';
import { useModel, useRun } from '../model/use-run';
import { useVersion } from '../model/use-version';
import { RunActions } from './RunActions';
import styles from './RunHeader.module.css';

export function RunHeader() {
  const { runId } = useModel();
  const status = useRun(({ run }) => statusOf(run));
  const done = useRun(({ run }) => progressOf(run.head).completedActions);
  const total = useRun(({ run }) => progressOf(run.head).totalActions);
  useEffect(() => {
    document.title = `${statusWords(status)} ${done}/${total} · ${runId} · telltale`;
  }, [status, done, total, runId]);
  return (
    <header className={styles.header} data-run={runId} data-status={status}>
      <div className={styles.title}>
        <h1>{runId}</h1>
        <Badge status={status} filled />
        <Progress done={done} total={total} />
        <Took />
        <RunActions />
      </div>
      <Facts />
    </header>
  );
}

function Progress({ done, total }: { readonly done: number; readonly total: number }) {
  if (total === 0) return null;
  return (
    <span className={styles.progress}>
      <progress value={done} max={total} aria-label="Nodes that are over" />
      <span className="num">
        {formatCount(done)}/{formatCount(total)}
      </span>
    </span>
  );
}

/** The run's duration, ticking while it goes on. */
function Took() {
  const startedAt = useRun(({ run }) => run.head.startedAt);
  const completedAt = useRun(({ run }) => run.head.completedAt);
  const moment = useRun((view, model) =>
    view.isPast ? model.history().at(view.seq)?.occurredAt : undefined,
  );
  const ticks = startedAt !== undefined && completedAt === undefined && moment === undefined;
  const now = useNow(ticks);
  if (startedAt === undefined) return null;
  const end = completedAt ?? moment;
  const start = Date.parse(startedAt);
  return (
    <span className={`${styles.took} num`}>
      {end === undefined ? formatTicking(now - start) : formatDuration(Date.parse(end) - start)}
    </span>
  );
}

function Facts() {
  const workflow = useRun(({ run }) => run.head.workflow);
  const engine = useRun(({ run }) => run.head.engine);
  const trigger = useRun(({ run }) => run.documents.trigger);
  const labels = useRun(({ run }) => run.documents.labels);
  const began = useRun(({ run }) => run.head.startedAt ?? run.head.queuedAt);
  const isOver = useRun(({ run }) => isTerminal(statusOf(run)));
  const retries = useRun(({ run }) => {
    let count = 0;
    for (const { attempt } of run.nodes.values()) count += Math.max(0, attempt - 1);
    return count;
  });
  const version = useVersion();
  const now = useNow(!isOver && began !== undefined);
  const from = toTrigger(trigger);
  return (
    <dl className={styles.facts}>
      {workflow && (
        <Fact name="Workflow">
          <Link to={paths.workflow(workflow)}>{workflow}</Link>
          {version !== undefined && <span className={styles.version}> version {version}</span>}
        </Fact>
      )}
      {from && (
        <Fact name="Trigger">
          {from.type}
          {from.originRunId && (
            <>
              {' of '}
              <Link to={paths.run(from.originRunId)}>{from.originRunId}</Link>
            </>
          )}
        </Fact>
      )}
      {engine && engine !== 'local' && <Fact name="Engine">{engine}</Fact>}
      {began && (
        <Fact name="Started">
          <time dateTime={began} title={formatMoment(Date.parse(began))}>
            {isOver ? formatMoment(Date.parse(began)).slice(0, 19) : formatAgo(Date.parse(began), now)}
          </time>
        </Fact>
      )}
      {retries > 0 && <Fact name="Retries">{retries}</Fact>}
      {Object.entries(labels).map(([name, value]) => (
        <Fact key={name} name={name}>
          {value}
        </Fact>
      ))}
    </dl>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
