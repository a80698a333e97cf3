// What a list of lines is to the view that draws it, whether it holds the whole run or what a filter leaves.

import type { LogLine } from './line';

export interface LineSource {
  /** Rows there are to scroll through, as far as known. */
  readonly count: () => number;
  /** The line at a place; undefined while it is not here. */
  readonly get: (index: number) => LogLine | undefined;
  /** Where a line stands; undefined when it is not among them. */
  readonly indexOf: (logSeq: number) => number | undefined;
  /** Says what is in sight, so that it gets loaded. */
  readonly want: (first: number, last: number) => void;
  /** Makes a line, or the nearest after it, something that can be scrolled to. */
  readonly goTo: (logSeq: number) => Promise<number>;
  /** Whether the newest line is the last row. */
  readonly atHead: () => boolean;
  readonly toHead: () => Promise<void>;
  readonly isBusy: () => boolean;
  readonly failure: () => string | undefined;
  /** Rows that came in front since the source was made: what has to be added to a place to keep it. */
  readonly shift: () => number;
  readonly subscribe: (changed: () => void) => () => void;
  readonly version: () => number;
  readonly dispose: () => void;
}

/** Who wants to know of a change, and the number of changes so far. */
export function createChanges() {
  const listeners = new Set<() => void>();
  let version = 0;
  return {
    version: () => version,
    tell: () => {
      version += 1;
      for (const listener of listeners) listener();
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
