import { describe, expect, it } from 'vitest';
import { cronWords, knownZone, whenWords } from './cron-words';

describe('a cron expression in words', () => {
  it.each([
    ['* * * * *', 'every minute'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['5 * * * *', 'every hour at minute 5'],
    ['0 3 * * *', 'every day at 03:00'],
    ['30 8,17 * * MON-FRI', 'Monday to Friday at 08:30 and 17:30'],
    ['0 9 * * 1,4', 'every Monday and Thursday at 09:00'],
    ['0 0 1 * *', 'on day 1 of every month at 00:00'],
    ['0 */6 * * *', 'every 6 hours at minute 0'],
    ['@daily', 'every day at 00:00'],
    // What has no short words stays as it was typed.
    ['0 0 1-7 * 1', '0 0 1-7 * 1'],
    ['0 0 * 2 *', '0 0 * 2 *'],
    ['nonsense', 'nonsense'],
  ])('%s', (cron, words) => expect(cronWords(cron)).toBe(words));

  it('comes with its next time in its own zone', () => {
    const now = Date.parse('2026-11-26T22:30:00Z');
    expect(whenWords(Date.parse('2026-11-26T23:00:00Z'), now, 'UTC')).toBe('today 23:00');
    expect(whenWords(Date.parse('2026-11-26T23:30:00Z'), now, 'Europe/Vienna')).toBe('tomorrow 00:30');
    expect(whenWords(Date.parse('2026-11-30T03:00:00Z'), now, 'UTC')).toMatch(/Mon.? 30 Nov 03:00/);
    expect(knownZone('Nowhere/At_All')).toBe('UTC');
  });
});
