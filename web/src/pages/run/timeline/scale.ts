// The time scale of the timeline: where it begins and ends, and which moments are marked. Pure.

export interface Scale {
  readonly start: number;
  readonly end: number;
  readonly ticks: readonly number[];
}

const STEPS_S = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 14400, 43200, 86400, 604800,
];
const TICKS_MAX = 7;

/** From `start` to `now`, or to a whole step beyond it while `grows`, so that bars do not move with every second. */
export function scaleOf(start: number, now: number, grows: boolean): Scale {
  const span = Math.max(1, now - start);
  const step = (STEPS_S.find((seconds) => span / (seconds * 1000) <= TICKS_MAX) ?? 604_800) * 1000;
  const end = grows ? start + Math.ceil((span * 1.02) / step) * step : start + span;
  const ticks: number[] = [];
  for (let tick = 0; start + tick <= end + step / 1000; tick += step) ticks.push(tick);
  return { start, end, ticks };
}

/** The place of a moment, 0 to 100. */
export const placeOf = ({ start, end }: Scale, at: number): number =>
  Math.min(100, Math.max(0, ((at - start) / (end - start)) * 100));

/** `0`, `250 ms`, `1.5 s`, `10 s`, `2 min`, `1:30 min`, `3 h`. */
export function tickWords(ms: number): string {
  if (ms === 0) return '0';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(3))} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  if (ms < 3_600_000)
    return seconds === 0 ? `${minutes} min` : `${minutes}:${String(seconds).padStart(2, '0')} min`;
  return minutes % 60 === 0
    ? `${minutes / 60} h`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}
