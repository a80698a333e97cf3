// What of a run's page stands in its address: what is chosen, the moment, and how the output is looked at.

import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useSearchParams } from 'react-router';

export const TABS = ['logs', 'events', 'data', 'artifacts'] as const;
export type Tab = (typeof TABS)[number];

export interface RunAddress {
  readonly tab: Tab;
  readonly node: string | undefined;
  readonly attempt: number | undefined;
  readonly atSeq: number | undefined;
  /** A line or a stretch of them, by logSeq. */
  readonly line: { readonly first: number; readonly last: number } | undefined;
  readonly stream: 'stdout' | 'stderr' | undefined;
  readonly level: string | undefined;
  readonly q: string | undefined;
  /** Only what matches `q`. */
  readonly only: boolean;
  readonly view: 'lines' | 'nodes' | 'terminal';
}

export type AddressChange = { readonly [name in keyof RunAddress]?: string | number | null | undefined };

const VIEWS = ['lines', 'nodes', 'terminal'] as const;
const DEFAULTS: Readonly<Record<string, string>> = { tab: 'logs', view: 'lines' };

export function readAddress(search: URLSearchParams): RunAddress {
  const stream = search.get('stream');
  return {
    tab: oneOf(TABS, search.get('tab')),
    view: oneOf(VIEWS, search.get('view')),
    node: search.get('node') ?? undefined,
    attempt: whole(search.get('attempt')),
    atSeq: whole(search.get('atSeq')),
    line: stretch(search.get('line')),
    stream: stream === 'stdout' || stream === 'stderr' ? stream : undefined,
    level: search.get('level') ?? undefined,
    q: search.get('q') ?? undefined,
    only: search.get('only') === '1',
  };
}

/** The search with the changes made; what is empty or as it is anyway is left out. */
export function changed(search: URLSearchParams, change: AddressChange): URLSearchParams {
  const next = new URLSearchParams(search);
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined || value === null || value === '' || String(value) === DEFAULTS[name])
      next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}

export function useRunAddress(): [RunAddress, (change: AddressChange) => void] {
  const [search, setSearch] = useSearchParams();
  const address = useMemo(() => readAddress(search), [search]);
  // The router makes another setter with each address; what is handed on must stay the same.
  const latest = useRef(setSearch);
  useEffect(() => {
    latest.current = setSearch;
  }, [setSearch]);
  const change = useCallback((what: AddressChange) => {
    latest.current((before) => changed(before, what), { replace: true, preventScrollReset: true });
  }, []);
  return [address, change];
}

function oneOf<T extends string>(words: readonly [T, ...T[]], word: string | null): T {
  return words.find((known) => known === word) ?? words[0];
}

function whole(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}

function stretch(text: string | null): RunAddress['line'] {
  const match = /^([1-9]\d{0,15})(?:-([1-9]\d{0,15}))?$/.exec(text ?? '');
  if (!match) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return { first: Math.min(first, last), last: Math.max(first, last) };
}
