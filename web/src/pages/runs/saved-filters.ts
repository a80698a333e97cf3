// Filters that were given a name, kept in this browser. Each is the address of its list, so that it can be sent to somebody as well.

import { useSyncExternalStore } from 'react';

export type SavedFilter = { name: string; search: string };

const KEY = 'telltale.filters';
/** A menu that is longer helps nobody. */
const KEPT = 20;
const NOTHING: readonly SavedFilter[] = [];

const listeners = new Set<() => void>();
let known: readonly SavedFilter[] | null = null;

const isSaved = (one: unknown): one is SavedFilter => {
  const { name, search } = (one ?? {}) as Partial<SavedFilter>;
  return typeof name === 'string' && typeof search === 'string';
};

function read(): readonly SavedFilter[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isSaved).slice(0, KEPT) : NOTHING;
  } catch {
    return NOTHING;
  }
}

function current(): readonly SavedFilter[] {
  known ??= read();
  return known;
}

function write(next: readonly SavedFilter[]): void {
  known = next;
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage may be shut off; then they hold until the page is left.
  }
  for (const listener of listeners) listener();
}

/** A name that is there already gets the new filter. */
export const saveFilter = (name: string, search: string): void =>
  write([{ name, search }, ...current().filter((one) => one.name !== name)].slice(0, KEPT));

export const forgetFilter = (name: string): void => write(current().filter((one) => one.name !== name));

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useSavedFilters = (): readonly SavedFilter[] => useSyncExternalStore(subscribe, current);
