import { describe, expect, it } from 'vitest';
import { deltaWords, duration, valueWords } from './compare-words';

describe('a comparison in words', () => {
  it('says how much longer the second took', () => {
    expect(deltaWords(1_000, 1_120)).toBe(', 12 % longer');
    expect(deltaWords(1_000, 500)).toBe(', 50 % shorter');
    expect(deltaWords(1_000, 2_500)).toBe(', 2.5 times as long');
    expect(deltaWords(1_000, 1_005)).toBe('');
    expect(deltaWords(null, 1_000)).toBe('');
    expect(deltaWords(0, 1_000)).toBe('');
  });

  it('shows what is missing as a dash', () => {
    expect(duration(null)).toBe('–');
    expect(valueWords(undefined)).toBe('–');
    expect(valueWords({ a: 1 })).toBe('{"a":1}');
  });
});
