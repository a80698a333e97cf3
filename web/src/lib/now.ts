// One clock for everything that ticks: a page with a hundred durations has one timer, and none while it is hidden.

import { useSyncExternalStore } from 'react';

const TICK_MS = 1_000;

let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

function tick(): void {
  if (document.hidden) return;
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}

function nothing(): () => void {
  return () => {};
}

/** The time, anew each second; where nothing ticks (`active` is false) the component is left in peace. */
export function useNow(active = true): number {
  return useSyncExternalStore(active ? subscribe : nothing, () => now);
}
