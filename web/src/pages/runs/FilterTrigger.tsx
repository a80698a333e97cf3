// The button that a filter opens from; one that is on looks so.

import type { ComponentProps } from 'react';
import { Button } from '../../design/Button';
import styles from './FilterBar.module.css';

export function FilterTrigger({ isOn, children, ...rest }: ComponentProps<'button'> & { isOn: boolean }) {
  return (
    <Button {...rest} className={styles.trigger} data-on={isOn || undefined}>
      {children}
      <svg viewBox="0 0 10 6" width="9" height="6" aria-hidden="true">
        <path d="M1 1l4 4 4-4" />
      </svg>
    </Button>
  );
}
