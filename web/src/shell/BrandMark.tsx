// The sign of telltale: a trace with one beat in it.

import styles from './BrandMark.module.css';

export function BrandMark() {
  return (
    <svg className={styles.mark} viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <rect x="1" y="1" width="22" height="22" rx="6" />
      <path d="M4.5 13h3.2l2-6 3.6 10.5 2.4-6.4 1 1.9h2.8" />
    </svg>
  );
}
