// Which line was the newest at a moment: found by halving, since lines come in the order of their arrival.
//
// What was learnt narrows the next search, so that a replay asks for little.

import type { FetchLines } from './line';

export interface LogClock {
  /** The last line that had arrived by `time`, 0 where none had. */
  readonly newestAt: (time: number, head: number, signal: AbortSignal) => Promise<number>;
}

export function createLogClock(fetchLines: FetchLines): LogClock {
  const known = new Map<number, number>(); // logSeq → when

  async function when(logSeq: number, signal: AbortSignal): Promise<number> {
    const before = known.get(logSeq);
    if (before !== undefined) return before;
    const { lines } = await fetchLines({ after: logSeq - 1, limit: 1 }, signal);
    const at = lines[0] ? Date.parse(lines[0].at) : Number.POSITIVE_INFINITY;
    known.set(logSeq, at);
    return at;
  }

  return {
    async newestAt(time, head, signal) {
      let low = 0; // had arrived
      let high = head + 1; // had not
      for (const [logSeq, at] of known) {
        if (at <= time && logSeq > low && logSeq < high) low = logSeq;
        if (at > time && logSeq < high && logSeq > low) high = logSeq;
      }
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if ((await when(middle, signal)) <= time) low = middle;
        else high = middle;
      }
      return low;
    },
  };
}
