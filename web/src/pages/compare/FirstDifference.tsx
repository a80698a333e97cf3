// The first event at which the two went apart, with the way to that moment of each.

import { Link } from 'react-router';
import type { RunDiff } from '../../api/bundles';
import { paths } from '../../lib/paths';
import styles from './ComparePage.module.css';
import { valueWords } from './compare-words';

type Props = { difference: NonNullable<RunDiff['firstDifference']>; a: string; b: string };

export function FirstDifference({ difference, a, b }: Props) {
  const { seq, ...told } = difference;
  return (
    <section className={styles.first} aria-label="First difference">
      <h2>They differ first at event {seq}</h2>
      <dl>
        {Object.entries(told).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="mono">{valueWords(value)}</dd>
          </div>
        ))}
      </dl>
      <p>
        <Link to={paths.run(a, { atSeq: seq, tab: 'events' })}>The first run at this moment</Link>
        {', '}
        <Link to={paths.run(b, { atSeq: seq, tab: 'events' })}>the second</Link>
      </p>
    </section>
  );
}
