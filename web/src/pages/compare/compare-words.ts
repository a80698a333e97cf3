// Durations and their differences in words. Pure.

import { formatDuration } from '../../lib/format';

export const duration = (ms: number | null | undefined): string =>
  ms === null || ms === undefined ? '–' : formatDuration(ms);

/** Less than this share of the first is no difference that one would look into. */
const NOTABLE = 0.01;

/** `, 12 % longer`; empty where one is missing or they are as good as the same. */
export function deltaWords(a: number | null | undefined, b: number | null | undefined): string {
  if (a === null || a === undefined || b === null || b === undefined || a <= 0) return '';
  const share = (b - a) / a;
  if (Math.abs(share) < NOTABLE) return '';
  if (share >= 1) return `, ${(b / a).toFixed(1)} times as long`;
  return `, ${Math.round(Math.abs(share) * 100)} % ${share > 0 ? 'longer' : 'shorter'}`;
}

/** A value of an event as one line. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
