// One part of a page: its head, what it says of who may change it, and what stands where its rows would be.

import type { ReactNode } from 'react';
import form from '../design/form.module.css';
import { Failed, Loading } from '../design/Notice';
import styles from './Part.module.css';

type Props = { title: string; told?: ReactNode; deed?: ReactNode; bar?: string | null; children: ReactNode };

export function Part({ title, told, deed, bar = null, children }: Props) {
  return (
    <>
      <div className={styles.head}>
        <h2>{title}</h2>
        {deed}
      </div>
      {told && <p className={form.told}>{told}</p>}
      {bar && (
        <p className={form.told} role="note">
          {bar}
        </p>
      )}
      {children}
    </>
  );
}

type Read<T> = { data: T | undefined; error: Error | null; refetch: () => unknown };

/** What was read, or why it was not. */
export function Reading<T>(props: { of: Read<T>; what: string; children: (data: T) => ReactNode }) {
  const { data, error, refetch } = props.of;
  if (data !== undefined) return props.children(data);
  if (error) return <Failed error={error} what={props.what} onRetry={() => void refetch()} />;
  return <Loading what={`the ${props.what}`} />;
}
