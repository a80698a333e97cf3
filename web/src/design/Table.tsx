// Rows of equal things. On a phone each row is a card, and each cell says what it is.

import type { ReactNode } from 'react';
import styles from './Table.module.css';

export type Column<T> = {
  head: string;
  cell: (row: T) => ReactNode;
  /** Numbers stand at the end; `deeds` are buttons, whose head is said and not drawn. */
  kind?: 'number' | 'deeds';
};

type Props<T> = {
  label: string;
  columns: ReadonlyArray<Column<T>>;
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** A row that is looked at more closely elsewhere. */
  chosen?: string | null;
};

export function Table<T>({ label, columns, rows, keyOf, chosen = null }: Props<T>) {
  return (
    <div className={styles.frame}>
      <table className={styles.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ head, kind }) => (
              <th key={head} scope="col" data-kind={kind}>
                <span className={kind === 'deeds' ? 'unseen' : undefined}>{head}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const key = keyOf(row);
            return (
              <tr key={key} data-row={key} data-chosen={key === chosen || undefined}>
                {columns.map(({ head, cell, kind }) => (
                  <td key={head} data-kind={kind} data-label={kind === 'deeds' ? undefined : head}>
                    {cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
