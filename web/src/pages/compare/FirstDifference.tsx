// The first event at which the two went apart, as each of them has it, with the way to that moment.

import { Link } from 'react-router';
import type { FirstDifference as Difference } from '../../api/bundles';
import { paths } from '../../lib/paths';
import styles from './ComparePage.module.css';
import { valueWords } from './compare-words';

type Props = { difference: Difference; a: string; b: string };

export function FirstDifference({ difference, a, b }: Props) {
  const { nodeRef, seqs } = difference;
  return (
    <section className={styles.first} aria-label="First difference">
      <h2>
        They differ first at event {difference.seq}
        {nodeRef && `, of ${nodeRef}`}
      </h2>
      <dl>
        <Side label="First run" runId={a} seq={seqs.a} event={difference.a} />
        <Side label="Second run" runId={b} seq={seqs.b} event={difference.b} />
      </dl>
    </section>
  );
}

type SideProps = { label: string; runId: string; seq?: number | null | undefined; event: unknown };

function Side({ label, runId, seq, event }: SideProps) {
  return (
    <div>
      <dt>{seq ? <Link to={paths.run(runId, { atSeq: seq, tab: 'events' })}>{label}</Link> : label}</dt>
      <dd className="mono">{event ? valueWords(event) : 'nothing of the kind'}</dd>
    </div>
  );
}
