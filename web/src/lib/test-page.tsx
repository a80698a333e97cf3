// For tests of pages: an API that answers what the test says, and a page at an address.

import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import { createMemoryRouter, type RouteObject, RouterProvider } from 'react-router';
import { vi } from 'vitest';
import { queryClient } from '../api/query-client';

export type Asked = { method: string; path: string; query: URLSearchParams; json: unknown };
type Answer = object | Response | ((asked: Asked) => object | Response);

export const refusal = (status: number, detail: string, more: object = {}): Response =>
  new Response(JSON.stringify({ status, title: detail, detail, ...more }), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  });

/** `answers` is by method and path, `GET /api/v1/users` say. What is not among them is answered by 404. */
export function mockApi(answers: Record<string, Answer>) {
  const asked: Asked[] = [];
  vi.stubGlobal('fetch', async (input: Request | string, init?: RequestInit) => {
    const request = input instanceof Request ? input : new Request(new URL(input, location.origin), init);
    const { pathname, searchParams } = new URL(request.url);
    const text = await request.text();
    const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
    const one = { method: request.method, path: pathname, query: searchParams, json };
    asked.push(one);
    const given = answers[`${request.method} ${pathname}`];
    const answer = typeof given === 'function' ? given(one) : given;
    if (answer === undefined) return refusal(404, 'not found');
    return answer instanceof Response ? answer.clone() : Response.json(answer);
  });
  const of = (method: string, path: string) =>
    asked.filter((one) => one.method === method && one.path === path);
  return { answers, asked, of };
}

/** Shows the routes at the address, with nothing read before. */
export function showAt(address: string, routes: RouteObject[]) {
  queryClient.clear();
  queryClient.setDefaultOptions({ queries: { retry: false } });
  const router = createMemoryRouter(routes, { initialEntries: [address] });
  render(
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}
