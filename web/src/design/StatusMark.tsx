// A status as a shape: no two look alike without their colours. The word beside it is Badge's.

import { type Status, toneOf } from '../lib/status';
import styles from './StatusMark.module.css';

const RING = 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z';

const SHAPES: Record<Status, string> = {
  QUEUED: 'M3 8h.2M8 8h.2M13 8h.2',
  PENDING: RING,
  RUNNING: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  RETRYING: 'M12.9 6A5.3 5.3 0 1 0 13.3 9M13.3 2.6V6H9.9',
  AWAITING_INPUT: 'M8 2v7.5M8 13.4v.2',
  COMPLETED: 'M3 8.5l3.4 3.4L13 5',
  FAILED: 'M4 4l8 8M12 4l-8 8',
  SKIPPED: 'M3 4l4.5 4L3 12M8.5 4L13 8l-4.5 4',
  CANCELLED: 'M3.5 8h9',
  TERMINATED: 'M4.5 4.5h7v7h-7z',
  TIMED_OUT: `${RING}M8 5v3.2l2.2 1.4`,
  STALE: 'M2 8c2-4 4-4 6 0s4 4 6 0',
};

export function StatusMark({ status, size = 16 }: { status: Status; size?: number }) {
  return (
    <svg
      className={styles.mark}
      data-tone={toneOf(status)}
      data-status={status}
      viewBox="0 0 16 16"
      width={size}
      height={size}
      aria-hidden="true"
    >
      <path d={SHAPES[status] ?? RING} />
    </svg>
  );
}
