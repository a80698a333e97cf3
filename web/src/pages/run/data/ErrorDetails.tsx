// An error in full: what it says, its code and type, the last lines, the stack, and what else is known.

import { lazy, Suspense } from 'react';
import { plain } from '../logs/line-text';
import styles from './Data.module.css';

const JsonTree = lazy(() => import('./JsonTree'));

interface Parts {
  readonly message?: string;
  readonly code?: string;
  readonly type?: string;
  readonly stack?: string;
  readonly details?: unknown;
  readonly fieldErrors?: unknown;
}

export function ErrorDetails({ error }: { readonly error: unknown }) {
  const { message, code, type, stack, details, fieldErrors } = error as Parts;
  const lines = lastLinesOf(error);
  return (
    <div className={styles.error}>
      <p className={styles.reason}>
        <strong>{message}</strong>
        {(code ?? type) && <span className={styles.code}> {[code, type].filter(Boolean).join(', ')}</span>}
      </p>
      {lines.length > 0 && <pre className={styles.stack}>{lines.join('\n')}</pre>}
      {stack && <pre className={styles.stack}>{stack}</pre>}
      <Suspense fallback={null}>
        {details !== undefined && details !== null && <JsonTree label="details" value={details} />}
        {fieldErrors !== undefined && fieldErrors !== null && (
          <JsonTree label="fieldErrors" value={fieldErrors} />
        )}
      </Suspense>
    </div>
  );
}

/** The end of what a node said before it failed, as its error carries it. */
export function lastLinesOf(error: unknown): string[] {
  const lines = (error as { details?: { lastLines?: unknown } } | null | undefined)?.details?.lastLines;
  return Array.isArray(lines) ? lines.filter((line) => typeof line === 'string').map(plain) : [];
}
