// A status in a word, a shape and a colour.

import { type Status, statusWords, toneOf } from '../lib/status';
import styles from './Badge.module.css';
import { StatusMark } from './StatusMark';

type Props = {
  status: Status;
  /** On a paper of its tone, for heads of pages. */
  filled?: boolean;
  /** What is worth saying beside the word: `2/3` of a retry. */
  note?: string;
};

export function Badge({ status, filled = false, note }: Props) {
  return (
    <span
      className={styles.badge}
      data-tone={toneOf(status)}
      data-status={status}
      data-filled={filled || undefined}
    >
      <StatusMark status={status} size={14} />
      <span>{statusWords(status)}</span>
      {note && <span className={styles.note}>{note}</span>}
    </span>
  );
}
