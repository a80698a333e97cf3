// What stands where content would be: nothing yet, still being read, or not to be had, always with the reason.

import type { ReactNode } from 'react';
import { ApiError } from '../api/problem';
import { Button } from './Button';
import styles from './Notice.module.css';

type Props = { title: string; children?: ReactNode; actions?: ReactNode };

export function Empty({ title, children, actions }: Props) {
  return (
    <section className={styles.notice}>
      <h2>{title}</h2>
      {children}
      {actions && <div className={styles.actions}>{actions}</div>}
    </section>
  );
}

/** Drawn at once and seen only after a moment, so that quick answers do not flicker. */
export function Loading({ what }: { what: string }) {
  return (
    <p className={styles.loading} role="status">
      Reading {what} …
    </p>
  );
}

/** A failure in the server's words; `what` completes “There is no …” and “The server did not give …”. */
export function Failed({ error, what, onRetry }: { error: Error; what: string; onRetry?: () => void }) {
  const { title, text } = wordsFor(error, what);
  return (
    <section className={styles.notice} data-tone="bad" role="alert">
      <h2>{title}</h2>
      <p>{text}</p>
      {onRetry && (
        <div className={styles.actions}>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
    </section>
  );
}

function wordsFor(error: Error, what: string): { title: string; text: string } {
  const status = error instanceof ApiError ? error.status : 0;
  if (status === 401) {
    return { title: 'Not signed in', text: 'The server asks who you are before it shows this.' };
  }
  if (status === 403) {
    return { title: 'Not allowed', text: `You may not see the ${what}: ${error.message}.` };
  }
  if (status === 404) {
    return {
      title: 'Not here',
      text: `There is no such ${what} on this server, or it is not yours. What was purged is gone as well.`,
    };
  }
  return { title: 'Could not read this', text: `The server did not give the ${what}: ${error.message}.` };
}
