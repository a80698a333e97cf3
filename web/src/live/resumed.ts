// What the feeds say when a lost connection is back, for the notice that shows it.

export type Resumed = { runId: string; atSeq: number; gaps: number };

const listeners = new Set<(resumed: Resumed) => void>();

export function tellResumed(resumed: Resumed): void {
  for (const listener of listeners) listener(resumed);
}

export function onResumed(listener: (resumed: Resumed) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
