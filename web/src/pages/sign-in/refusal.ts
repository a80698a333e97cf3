// Why signing in did not work, in words that help.

import { ApiError } from '../../api/problem';

export function refusalWords(error: unknown): string {
  if (!(error instanceof ApiError)) return error instanceof Error ? error.message : String(error);
  if (error.status === 429) {
    const wait = error.retryAfterS;
    return `Too many tries. ${wait === null ? 'Try again later.' : `Try again in ${waitWords(wait)}.`}`;
  }
  return capital(error.message);
}

function waitWords(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.ceil(seconds))} seconds`;
  return `${Math.ceil(seconds / 60)} minutes`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
