// Where bars and lines of days stand. Pure.

import type { Day } from '../../../api/history';
import type { Tone } from '../../../lib/status';

export const WIDTH = 300;
export const HEIGHT = 60;
/** Between two bars, as a share of a day's width. */
const GAP = 0.25;

type Part = { tone: Tone; y: number; height: number };
export type Bar = { day: Day; x: number; width: number; parts: readonly Part[] };

/** Failed ones stand at the ground, so that days can be compared by them. */
export function bars(days: readonly Day[], most: number): Bar[] {
  const each = WIDTH / Math.max(1, days.length);
  return days.map((day, place) => {
    const others = Math.max(0, day.runs - day.completed - day.failed);
    const counts: ReadonlyArray<[Tone, number]> = [
      ['bad', day.failed],
      ['good', day.completed],
      ['idle', others],
    ];
    let top = HEIGHT;
    const parts: Part[] = [];
    for (const [tone, count] of counts) {
      if (count === 0) continue;
      const height = (HEIGHT * count) / Math.max(1, most);
      top -= height;
      parts.push({ tone, y: top, height });
    }
    return { day, x: place * each + (each * GAP) / 2, width: each * (1 - GAP), parts };
  });
}

/** A path through the days that have a value; it is broken where there is none. */
export function line(
  days: readonly Day[],
  value: (day: Day) => number | null | undefined,
  most: number,
): string {
  const each = WIDTH / Math.max(1, days.length);
  let isBroken = true;
  let path = '';
  days.forEach((day, place) => {
    const at = value(day);
    if (at === null || at === undefined) {
      isBroken = true;
      return;
    }
    const x = (place + 0.5) * each;
    const y = HEIGHT - 1 - ((HEIGHT - 2) * at) / Math.max(1, most);
    // A day between two without values is a short stroke, else it would not be seen.
    path += isBroken ? `M${x - each / 4} ${y}L${x} ${y}` : `L${x} ${y}`;
    isBroken = false;
  });
  return path;
}
