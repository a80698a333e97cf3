// What went in and what came out: of the run, or of each attempt of the node that is chosen.

import { lazy, Suspense, useMemo } from 'react';
import { Loading } from '../../../design/Notice';
import { useRunAddress } from '../address';
import { useModel, useRun, useSlowRun } from '../model/use-run';
import { type AttemptData, attemptsOf } from './attempts';
import styles from './Data.module.css';
import { ErrorDetails } from './ErrorDetails';

const JsonTree = lazy(() => import('./JsonTree'));
const EVERY_MS = 300;

export default function DataPane() {
  const [{ node }] = useRunAddress();
  return (
    <section className={styles.pane} aria-label="Inputs, outputs and result">
      <Suspense fallback={<Loading what="the data" />}>
        {node === undefined ? <OfRun /> : <OfNode nodeRef={node} />}
      </Suspense>
    </section>
  );
}

function OfRun() {
  const { inputs, result, trigger, labels } = useRun(({ run }) => run).documents;
  const parts = Object.entries({
    inputs,
    result,
    trigger,
    labels: Object.keys(labels).length > 0 ? labels : null,
  });
  const there = parts.filter(([, value]) => value !== null && value !== undefined);
  if (there.length === 0)
    return (
      <p className={styles.none}>
        The run was given no inputs, and it has left no result so far. Choose a node to see what went in and
        out of it.
      </p>
    );
  return there.map(([label, value]) => <JsonTree key={label} label={label} value={value} />);
}

function OfNode({ nodeRef }: { readonly nodeRef: string }) {
  const model = useModel();
  const version = useSlowRun((_, { version: count }) => count(), EVERY_MS);
  const { seq } = model.view();
  // biome-ignore lint/correctness/useExhaustiveDependencies: events are added in place and told by the version
  const attempts = useMemo(
    () => attemptsOf(model.history().events, nodeRef, seq),
    [model, version, nodeRef, seq],
  );
  if (attempts.length === 0) return <p className={styles.none}>{nodeRef} has not begun.</p>;
  return attempts.map((attempt) => <OfAttempt key={attempt.attempt} {...attempt} />);
}

function OfAttempt({ attempt, parts, error, end }: AttemptData) {
  return (
    <section className={styles.attempt}>
      <h3>
        Attempt {attempt} <span>{end}</span>
      </h3>
      {error !== undefined && <ErrorDetails error={error} />}
      {parts.map(([label, value]) => (
        <JsonTree key={label} label={label} value={value} />
      ))}
      {parts.length === 0 && error === undefined && (
        <p className={styles.none}>Neither inputs nor outputs.</p>
      )}
    </section>
  );
}
