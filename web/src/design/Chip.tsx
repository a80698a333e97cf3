// A small fact in a frame: a label, a filter that is on. With `onRemove` it can be taken away.

import type { ReactNode } from 'react';
import styles from './Chip.module.css';

type Props = { children: ReactNode; title?: string; onRemove?: () => void; removeLabel?: string };

export function Chip({ children, title, onRemove, removeLabel }: Props) {
  return (
    <span className={styles.chip} title={title}>
      <span className={styles.text}>{children}</span>
      {onRemove && (
        <button
          type="button"
          className={styles.remove}
          onClick={onRemove}
          aria-label={removeLabel ?? 'Remove'}
        >
          <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
            <path d="M2 2l6 6M8 2L2 8" />
          </svg>
        </button>
      )}
    </span>
  );
}
