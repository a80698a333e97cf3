// Two runs beside each other: what differs first, node by node, and what each was held up by.

import { useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { type RunDiff, readDiff } from '../../api/bundles';
import { Failed, Loading } from '../../design/Notice';
import { Check } from '../../design/Select';
import { paths } from '../../lib/paths';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';
import styles from './ComparePage.module.css';
import { deltaWords, duration } from './compare-words';
import { FirstDifference } from './FirstDifference';
import { NodeTable } from './NodeTable';
import { RunPicker } from './RunPicker';

export default function ComparePage() {
  const [params, setParams] = useSearchParams();
  const a = params.get('a');
  const b = params.get('b');
  const isOnlyChanged = params.get('only') === 'changed';
  useCrumbs([{ label: 'Runs', to: paths.runs() }, { label: 'Compare' }], 'Compare two runs');
  const change = (part: Record<string, string | null>) =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [name, value] of Object.entries(part)) {
        if (value) next.set(name, value);
        else next.delete(name);
      }
      return next;
    });
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Compare two runs</h1>
        <Check checked={isOnlyChanged} onChange={(isOn) => change({ only: isOn ? 'changed' : null })}>
          Only what differs
        </Check>
      </div>
      <div className={styles.sides}>
        <RunPicker label="First run" runId={a} other={b} onPick={(runId) => change({ a: runId })} />
        <RunPicker label="Second run" runId={b} other={a} onPick={(runId) => change({ b: runId })} />
      </div>
      {a && b && <Comparison key={`${a} ${b}`} a={a} b={b} isOnlyChanged={isOnlyChanged} />}
    </div>
  );
}

function Comparison({ a, b, isOnlyChanged }: { a: string; b: string; isOnlyChanged: boolean }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['diff', a, b],
    queryFn: ({ signal }) => readDiff(a, b, signal),
  });
  if (error) return <Failed error={error} what="comparison" onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the comparison" />;
  return (
    <>
      <Summary diff={data} />
      {data.firstDifference && <FirstDifference difference={data.firstDifference} a={a} b={b} />}
      <NodeTable diff={data} a={a} b={b} isOnlyChanged={isOnlyChanged} />
      <div className={styles.sides}>
        <CriticalPath runId={a} path={data.criticalPath.a} other={data.criticalPath.b} />
        <CriticalPath runId={b} path={data.criticalPath.b} other={data.criticalPath.a} />
      </div>
    </>
  );
}

function Summary({ diff: { equal, durationMs, nodes } }: { diff: RunDiff }) {
  const changed = nodes.filter((node) => node.changed.length > 0 || !node.a || !node.b).length;
  return (
    <p className={styles.summary} role="status" data-equal={equal}>
      <strong>{equal ? 'The two went the same way.' : 'The two went different ways.'}</strong>{' '}
      {changed > 0 && `${changed} of ${nodes.length} nodes differ. `}
      <span className="num">
        {duration(durationMs.a)} and {duration(durationMs.b)}
        {deltaWords(durationMs.a, durationMs.b)}
      </span>
    </p>
  );
}

type PathProps = { runId: string; path: readonly string[]; other: readonly string[] };

function CriticalPath({ runId, path, other }: PathProps) {
  return (
    <section className={styles.path} aria-label={`Critical path of ${runId}`}>
      <h2>Critical path</h2>
      {path.length === 0 && <p className={styles.none}>None: no node has ended.</p>}
      <ol>
        {path.map((nodeRef) => (
          <li key={nodeRef} data-own={!other.includes(nodeRef) || undefined}>
            <Link to={paths.run(runId, { node: nodeRef })}>{nodeRef}</Link>
            {!other.includes(nodeRef) && <span className={styles.only}> only here</span>}
          </li>
        ))}
      </ol>
    </section>
  );
}
