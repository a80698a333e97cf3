// One plan: what would go, its confirmation, and how far it has come.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { type Plan, readPlan } from '../../../api/retention';
import { Button } from '../../../design/Button';
import form from '../../../design/form.module.css';
import { formatBytes, formatCount } from '../../../lib/format';
import { paths } from '../../../lib/paths';
import { Reading } from '../../Part';
import { ConfirmPlan } from './ConfirmPlan';
import { countOf, shareDone, stateWords } from './plan-words';
import styles from './Retention.module.css';

/** While it is applied. */
const LOOK_EVERY_MS = 1_000;

type Props = { planId: string; bar: string | null; onClose: () => void };

export function PlanPanel({ planId, bar, onClose }: Props) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['plan', planId],
    queryFn: ({ signal }) => readPlan(planId, signal),
    refetchInterval: ({ state }) => (state.data?.state === 'applying' ? LOOK_EVERY_MS : false),
  });
  const state = query.data?.state;
  useEffect(() => {
    if (state !== 'applied' && state !== 'failed') return;
    void client.invalidateQueries({ queryKey: ['plans'] });
    void client.invalidateQueries({ queryKey: ['runs'] });
  }, [client, state]);
  return (
    <section className={styles.plan} aria-label="Plan" data-plan={planId} data-state={state}>
      <Reading of={query} what="plan">
        {(plan) => (
          <>
            <Numbers plan={plan} />
            <Progress plan={plan} />
            {plan.state === 'planned' && countOf(plan) > 0 && (
              <ConfirmPlan plan={plan} bar={bar} onApplied={() => void query.refetch()} />
            )}
            <Sample plan={plan} />
          </>
        )}
      </Reading>
      <div className={styles.deeds}>
        <Button look="bare" onClick={onClose}>
          Close
        </Button>
      </div>
    </section>
  );
}

function Numbers({ plan }: { plan: Plan }) {
  const { runs, events, lines, bytes, artifacts } = plan;
  const numbers: ReadonlyArray<[string, string]> = [
    ['runs', formatCount(runs)],
    ['events', formatCount(events)],
    ['lines', formatCount(lines)],
    ['artifacts', formatCount(artifacts)],
    ['of data', formatBytes(bytes)],
  ];
  return (
    <>
      <h3>{stateWords(plan)}</h3>
      <dl className={styles.numbers}>
        {numbers.map(([name, number]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{number}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Progress({ plan }: { plan: Plan }) {
  if (plan.state === 'failed') {
    return (
      <p className={form.said} role="alert">
        It could not be carried out to the end. What was deleted is counted above the sample; a new plan goes
        on from there.
      </p>
    );
  }
  if (plan.state !== 'applying') return null;
  const share = shareDone(plan);
  return (
    <p className={styles.progress} role="status">
      <progress value={share} max={1} aria-label="How much of it is deleted" />
      <span className="num">
        {formatCount(plan.done.runs)} of {formatCount(plan.runs)} runs, {Math.floor(share * 100)} %
      </span>
    </p>
  );
}

function Sample({ plan }: { plan: Plan }) {
  if (plan.sample.length === 0) return null;
  const isGone = plan.what === 'runs' && plan.state === 'applied';
  return (
    <details className={styles.sample}>
      <summary>
        {plan.sample.length < plan.runs ? `The first ${plan.sample.length} of these runs` : 'These runs'}
      </summary>
      <ul>
        {plan.sample.map((runId) => (
          <li key={runId} className="mono">
            {isGone ? runId : <Link to={paths.run(runId)}>{runId}</Link>}
          </li>
        ))}
      </ul>
    </details>
  );
}
