// A button, and a link that looks like one.

import type { ComponentProps } from 'react';
import { Link } from 'react-router';
import styles from './Button.module.css';

type Look = {
  /** `primary` is the one thing to do here; `danger` ends something; `bare` has no frame. */
  look?: 'plain' | 'primary' | 'danger' | 'bare';
};

/** Why it can't be pressed, where it can't. */
type Barred = { bar?: string | null };

export function Button({
  look = 'plain',
  className = '',
  type = 'button',
  bar = null,
  ...rest
}: ComponentProps<'button'> & Look & Barred) {
  return (
    <button
      {...rest}
      {...(bar !== null && { disabled: true, title: bar })}
      type={type}
      data-look={look}
      className={`${styles.button} ${className}`}
    />
  );
}

export function ButtonLink({ look = 'plain', className = '', ...rest }: ComponentProps<typeof Link> & Look) {
  return <Link {...rest} data-look={look} className={`${styles.button} ${className}`} />;
}
