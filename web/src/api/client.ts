// The API, typed by its own description. An answer that is no success is thrown as an ApiError.

import createClient, { type Middleware } from 'openapi-fetch';
import { authorizedFetch } from './access';
import { toApiError } from './problem';
import type { paths } from './schema';

const throwing: Middleware = {
  async onResponse({ response }) {
    if (response.ok) return undefined;
    throw toApiError(response, await response.json().catch(() => null));
  },
};

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  cache: 'no-store',
  fetch: authorizedFetch,
  querySerializer: { array: { style: 'form', explode: true } },
});
api.use(throwing);

/** The body of an answer that is known to have one. */
export function body<T>({ data }: { data?: T }): T {
  if (data === undefined) throw new Error('the server sent an answer without a body');
  return data;
}
