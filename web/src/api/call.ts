// Requests that the typed client can't make: files and text as bodies, and answers that are no JSON.

import { authorizedFetch } from './access';
import { toApiError } from './problem';

type Search = Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;

export type CallOptions = {
  query?: Search;
  json?: unknown;
  /** A file as it is; `type` says what it is. */
  file?: { body: Blob; type: string };
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
};

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The answer; one that is no success is thrown as an ApiError. */
export async function send(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const { query = {}, json, file, headers = {}, signal } = options;
  const address = new URL(path, globalThis.location?.origin);
  for (const [name, value] of Object.entries(query)) {
    const all = Array.isArray(value) ? value : [value];
    for (const one of all)
      if (one !== null && one !== undefined) address.searchParams.append(name, String(one));
  }
  const type = file?.type ?? (json === undefined ? undefined : 'application/json');
  const request = new Request(address, {
    method,
    cache: 'no-store',
    headers: { ...(type && { 'content-type': type }), ...headers },
    body: file?.body ?? (json === undefined ? null : JSON.stringify(json)),
    signal: signal ?? null,
  });
  const response = await authorizedFetch(request);
  if (response.ok) return response;
  throw toApiError(response, await response.json().catch(() => null));
}

/** The answer's body as JSON; where there is none, undefined. */
export async function call<T>(method: Method, path: string, options?: CallOptions): Promise<T> {
  const response = await send(method, path, options);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
