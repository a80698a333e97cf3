// Where a replay stands at a given time: pure, so that it can be tested without a clock.

/** Speeds to choose from. */
export const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 50, 100] as const;

/** When things were recorded, by seq: never earlier than what came before. */
export interface Times {
  readonly headSeq: number;
  readonly at: (seq: number) => number;
}

export interface Playing {
  /** The moment and the wall clock that it began at, in milliseconds. */
  readonly moment: number;
  readonly since: number;
  readonly speed: number;
}

/** The last event that has happened once the clock shows `now`. */
export function seqAt(times: Times, from: number, { moment, since, speed }: Playing, now: number): number {
  const until = moment + (now - since) * speed;
  let low = from;
  let high = times.headSeq + 1;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (times.at(middle) <= until) low = middle;
    else high = middle;
  }
  return low;
}
