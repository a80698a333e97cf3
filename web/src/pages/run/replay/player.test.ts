import { describe, expect, it } from 'vitest';
import { seqAt } from './player';

const times = { headSeq: 5, at: (seq: number) => [0, 1000, 2000, 2000, 4000, 9000][seq] ?? 0 };

describe('a replay', () => {
  it('is at the last event that has happened by its own clock', () => {
    const playing = { moment: 1000, since: 50_000, speed: 1 };
    expect(seqAt(times, 1, playing, 50_000)).toBe(1);
    expect(seqAt(times, 1, playing, 50_999)).toBe(1);
    expect(seqAt(times, 1, playing, 51_000)).toBe(3);
    expect(seqAt(times, 3, playing, 90_000)).toBe(5);
  });

  it('goes as fast as it is told', () => {
    expect(seqAt(times, 1, { moment: 1000, since: 0, speed: 100 }, 30)).toBe(4);
    expect(seqAt(times, 1, { moment: 1000, since: 0, speed: 0.1 }, 9_999)).toBe(1);
    expect(seqAt(times, 1, { moment: 1000, since: 0, speed: 0.1 }, 10_000)).toBe(3);
  });
});
