// The link of a row, which the whole row is: what else can be pressed in it lies above. Its row is `position: relative`.

import type { ComponentProps } from 'react';
import { Link } from 'react-router';
import styles from './RowLink.module.css';

export function RowLink({ className = '', ...rest }: ComponentProps<typeof Link>) {
  return <Link {...rest} className={`${styles.link} ${className}`} data-row-link="" />;
}
