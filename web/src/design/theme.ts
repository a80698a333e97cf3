// Light, dark, or as the system says. public/theme.js says it once more before the first paint.

import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'telltale.theme';
const listeners = new Set<() => void>();

function chosen(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

function apply(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be shut off; the choice then holds until the page is left.
  }
  apply(theme);
}

/** To the other of light and dark than is seen now. */
export function toggleTheme(): void {
  const theme = chosen();
  const isDark = theme === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark';
  setTheme(isDark ? 'light' : 'dark');
}

// Another tab has chosen.
addEventListener('storage', (event) => {
  if (event.key !== KEY) return;
  apply(event.newValue === 'light' || event.newValue === 'dark' ? event.newValue : 'system');
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, chosen);
