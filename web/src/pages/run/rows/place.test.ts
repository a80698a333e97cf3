import { describe, expect, it } from 'vitest';
import { offsetOf, rowsAround, rowsAt, scrollHeight } from './place';

const frame = { count: 1_000_000, rowHeight: 20, height: 600 };
const end = scrollHeight(frame) - frame.height;

describe('the place in a long list', () => {
  it('moves rows of one height by what is scrolled, as a browser does', () => {
    const short = { ...frame, count: 1000 };
    for (const scrolled of [0, 7, 333, 12_000]) {
      const { first, top } = rowsAt(short, scrolled, 0);
      expect(first * 20 - top).toBeCloseTo(scrolled, 6);
    }
  });

  it('reaches both ends, also where the bar is scaled', () => {
    for (const count of [50, 1000, 1_000_000, 40_000_000]) {
      const long = { ...frame, count };
      const last = scrollHeight(long) - long.height;
      expect(rowsAt(long, 0, 3)).toMatchObject({ first: 0, top: 0 });
      const bottom = rowsAt(long, last, 0);
      expect(bottom.last).toBe(count - 1);
      expect(bottom.top + (count - bottom.first) * 20).toBeCloseTo(600, 4);
    }
  });

  it('draws a short list from the top', () => {
    expect(rowsAt({ ...frame, count: 3 }, 0, 5)).toEqual({ first: 0, last: 2, top: 0 });
    expect(rowsAt({ ...frame, count: 0 }, 0, 5)).toEqual({ first: 0, last: -1, top: 0 });
  });

  it('puts the first row at the top and the last one at the bottom, whatever their heights', () => {
    expect(rowsAround(frame, 0, 2)).toMatchObject({ first: 0, anchor: 0, y: 0 });
    const bottom = rowsAround(frame, end, 2);
    expect([bottom.last, bottom.anchor, bottom.y]).toEqual([999_999, 999_999, 600]);
    expect(bottom.part).toBeCloseTo(1, 4);
  });

  it('brings any row into sight', () => {
    for (const index of [0, 1, 17, 500_000, 999_998, 999_999]) {
      const { first, last } = rowsAt(frame, offsetOf(frame, index, true), 0);
      expect(first <= index && index <= last).toBe(true);
      const around = rowsAround(frame, offsetOf(frame, index, false), 0);
      expect(around.first <= index && index <= around.last).toBe(true);
    }
  });
});
