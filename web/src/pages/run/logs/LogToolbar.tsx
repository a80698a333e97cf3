// The search, the filters, and what can be done with the lines.

import { type FormEvent, type KeyboardEvent, useEffect, useState } from 'react';
import { Button } from '../../../design/Button';
import type { AddressChange, RunAddress } from '../address';
import { CopyLines } from './CopyLines';
import { DownloadLink } from './DownloadLink';
import styles from './LogPane.module.css';
import type { LineFilter } from './line';
import type { Find } from './use-find';
import type { Looks } from './use-looks';

interface Props {
  readonly address: RunAddress;
  readonly onChange: (change: AddressChange) => void;
  readonly find: Find;
  readonly onFind: (isForward: boolean) => void;
  readonly looks: Looks;
  readonly onLooks: (change: Partial<Looks>) => void;
  readonly filter: LineFilter;
}

const VIEWS = [
  ['lines', 'In order'],
  ['nodes', 'By node'],
  ['terminal', 'Terminal'],
] as const;

export function LogToolbar({ address, onChange, find, onFind, looks, onLooks, filter }: Props) {
  const { q, only, level, stream, node, view } = address;
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="Output tools">
      <SearchBox q={q} find={find} onFind={onFind} onSearch={(text) => onChange({ q: text })} />
      {q && (
        <Toggle on={only} onClick={() => onChange({ only: only ? null : 1 })}>
          Only matches
        </Toggle>
      )}
      <select
        aria-label="Level"
        value={level ?? ''}
        onChange={({ target }) => onChange({ level: target.value })}
      >
        <option value="">All levels</option>
        <option value="warn">Warnings and errors</option>
        <option value="error">Errors</option>
      </select>
      <select
        aria-label="Stream"
        value={stream ?? ''}
        onChange={({ target }) => onChange({ stream: target.value })}
      >
        <option value="">Both streams</option>
        <option value="stdout">stdout</option>
        <option value="stderr">stderr</option>
      </select>
      <select aria-label="View" value={view} onChange={({ target }) => onChange({ view: target.value })}>
        {VIEWS.filter(([name]) => name !== 'nodes' || node === undefined).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
      <span className={styles.gap} />
      <Toggle on={looks.wraps} onClick={() => onLooks({ wraps: !looks.wraps })}>
        Wrap
      </Toggle>
      <Toggle className={styles.times} on={looks.times} onClick={() => onLooks({ times: !looks.times })}>
        Times
      </Toggle>
      <CopyLines filter={filter} picked={address.line} />
      <DownloadLink filter={filter} />
    </div>
  );
}

function Toggle({
  on,
  onClick,
  children,
  className = '',
}: {
  on: boolean;
  onClick: () => void;
  children: string;
  className?: string | undefined;
}) {
  return (
    <Button look="bare" aria-pressed={on} onClick={onClick} className={`${styles.toggle} ${className}`}>
      {children}
    </Button>
  );
}

interface SearchProps {
  readonly q: string | undefined;
  readonly find: Find;
  readonly onFind: (isForward: boolean) => void;
  readonly onSearch: (text: string) => void;
}

function SearchBox({ q, find, onFind, onSearch }: SearchProps) {
  const [text, setText] = useState(q ?? '');
  useEffect(() => setText(q ?? ''), [q]);
  const [mayFind, setMayFind] = useState(false);
  // The first match is looked for once the search stands in the address.
  useEffect(() => {
    if (!mayFind || !q) return;
    setMayFind(false);
    onFind(true);
  }, [mayFind, q, onFind]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text === (q ?? '')) return onFind(true);
    onSearch(text);
    setMayFind(true);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && event.shiftKey) {
      event.preventDefault();
      onFind(false);
    }
    if (event.key === 'Escape') {
      setText('');
      onSearch('');
    }
  };
  return (
    <search className={styles.searching}>
      <form className={styles.search} onSubmit={submit}>
        <input
          type="search"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={keys}
          placeholder="Search all lines, /regex/ too"
          aria-label="Search the output"
          data-log-search=""
        />
        {q && (
          <>
            <Button look="bare" onClick={() => onFind(false)} aria-label="Previous match">
              ↑
            </Button>
            <Button look="bare" onClick={() => onFind(true)} aria-label="Next match">
              ↓
            </Button>
          </>
        )}
        <span className={styles.said} role="status">
          {find.said}
        </span>
      </form>
    </search>
  );
}
