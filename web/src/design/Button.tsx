// A button, and a link that looks like one.

import type { ComponentProps } from 'react';
import { Link } from 'react-router';
import styles from './Button.module.css';

type Look = {
  /** `primary` is the one thing to do here; `danger` ends something; `bare` has no frame. */
  look?: 'plain' | 'primary' | 'danger' | 'bare';
};

export function Button({
  look = 'plain',
  className = '',
  type = 'button',
  ...rest
}: ComponentProps<'button'> & Look) {
  return <button {...rest} type={type} data-look={look} className={`${styles.button} ${className}`} />;
}

export function ButtonLink({ look = 'plain', className = '', ...rest }: ComponentProps<typeof Link> & Look) {
  return <Link {...rest} data-look={look} className={`${styles.button} ${className}`} />;
}
