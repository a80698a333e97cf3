// What the server says when it refuses, as an error that a page can show.

import type { components } from './schema';

type Problem = components['schemas']['Problem'];
export type Fault = components['schemas']['Fault'];

export class ApiError extends Error {
  readonly status: number;
  readonly faults: readonly Fault[];
  /** The problem's own name, `plan-changed` say: the end of its `type`. */
  readonly code: string | null;
  /** When asking again is welcome, where the server says so. */
  readonly retryAfterS: number | null;

  constructor(
    status: number,
    message: string,
    faults: readonly Fault[] = [],
    more: { code?: string | null; retryAfterS?: number | null } = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.faults = faults;
    this.code = more.code ?? null;
    this.retryAfterS = more.retryAfterS ?? null;
  }

  /** Asking again gives the same answer. 408, 429 and 5xx are passing. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 408 && this.status !== 429;
  }
}

/** The problem's own words, its faults included. */
export function toApiError(response: Response, body: unknown): ApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  const faults = problem.errors ?? [];
  const words = problem.detail || problem.title || `the server answered ${response.status}`;
  // A problem of one fault may say the same as the fault does.
  const more = faults
    .map(({ pointer, detail }) => `${pointer} ${detail}`)
    .filter((said) => !words.includes(said));
  const message = [words, ...more].join('; ');
  const code = problem.type?.split(/[/:#]/).at(-1) ?? null;
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new ApiError(response.status, message, faults, {
    code,
    retryAfterS: Number.isFinite(wait) ? wait : null,
  });
}
