// How a page says where it stands. The bar draws it, and the document's title follows.

import { useEffect, useSyncExternalStore } from 'react';

export type Crumb = { label: string; to?: string; mono?: boolean };

let crumbs: readonly Crumb[] = [];
const listeners = new Set<() => void>();

function show(next: readonly Crumb[]): void {
  crumbs = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useShownCrumbs = (): readonly Crumb[] => useSyncExternalStore(subscribe, () => crumbs);

/** The way to this page, the page itself last. `title` is the document's; it may tell more, such as a status. */
export function useCrumbs(way: readonly Crumb[], title: string): void {
  const key = JSON.stringify(way);
  useEffect(() => {
    show(JSON.parse(key) as Crumb[]);
    return () => show([]);
  }, [key]);
  useEffect(() => {
    document.title = `${title} · telltale`;
  }, [title]);
}
