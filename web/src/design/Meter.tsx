// How much of something is done, as a bar and in numbers.

import { formatCount } from '../lib/format';
import styles from './Meter.module.css';

type Props = { completed: number; total: number; tone: string };

export function Meter({ completed, total, tone }: Props) {
  if (total === 0) return null;
  const share = Math.min(1, completed / total);
  return (
    <span className={styles.meter} data-tone={tone}>
      <svg className={styles.bar} viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        <rect className={styles.ground} width="100" height="4" />
        <rect className={styles.done} width={share * 100} height="4" />
      </svg>
      <span className="num">
        {formatCount(completed)}/{formatCount(total)}
        <span className="unseen"> nodes are over</span>
      </span>
    </span>
  );
}
