import { describe, expect, it } from 'vitest';
import type { Day } from '../../../api/history';
import { bars, HEIGHT, line } from './shapes';

const day = (runs: number, completed: number, failed: number, p50DurationMs: number | null = null): Day => ({
  day: '2026-11-22',
  runs,
  completed,
  failed,
  cancelled: 0,
  p50DurationMs,
  p95DurationMs: null,
});

describe('days as shapes', () => {
  it('are bars whose parts stand on each other and end at the top for the most', () => {
    const [full, none] = bars([day(10, 6, 3), day(0, 0, 0)], 10);
    expect(full?.parts.map(({ tone }) => tone)).toEqual(['bad', 'good', 'idle']);
    expect(full?.parts.at(-1)?.y).toBeCloseTo(0);
    expect(full?.parts[0]).toEqual({ tone: 'bad', y: HEIGHT * 0.7, height: HEIGHT * 0.3 });
    expect(none?.parts).toEqual([]);
  });

  it('are a line that is broken where a day has no value', () => {
    const path = line(
      [day(1, 1, 0, 5), day(0, 0, 0), day(1, 1, 0, 10)],
      ({ p50DurationMs }) => p50DurationMs,
      10,
    );
    expect(path.match(/M/g)).toHaveLength(2);
    expect(path).not.toContain('NaN');
  });
});
