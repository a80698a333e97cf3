import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { WireRunSummary } from '../../api/wire';
import { viewList } from '../../live/client';
import { RunsPage } from './RunsPage';

vi.mock('../../live/client', () => ({ viewList: vi.fn() }));

/** The client takes hold of `fetch` as soon as it is imported. */
const wire = vi.hoisted(() => {
  const wire = { answer: (_: URL): Response => new Response(null, { status: 500 }) };
  globalThis.fetch = async (request) => wire.answer(new URL((request as Request).url));
  return wire;
});

type Listener = Parameters<typeof viewList>[0];
let answer: (url: URL) => Response;
let asked: URL[] = [];
let lists: Listener[] = [];

const run = (runId: string, part: Partial<WireRunSummary> = {}): WireRunSummary => ({
  runId,
  workflow: 'w',
  status: 'RUNNING',
  registeredAt: '2026-11-22T10:00:00Z',
  headSeq: 1,
  labels: {} as WireRunSummary['labels'],
  progress: { completedActions: 0, totalActions: 0 },
  ...part,
});
const json = (body: object, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const page = (...runs: WireRunSummary[]) => json({ runs, nextCursor: null });

beforeEach(() => {
  asked = [];
  lists = [];
  answer = () => page();
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
  wire.answer = (url) => {
    if (url.pathname.endsWith('/count')) return json({ count: 10_000, atLeast: true });
    asked.push(url);
    return answer(url);
  };
  vi.mocked(viewList).mockImplementation((list) => {
    lists.push(list);
    return () => lists.splice(lists.indexOf(list), 1);
  });
});

function show(address = '/') {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const router = createMemoryRouter(
    [
      { path: '/', element: <RunsPage /> },
      { path: '*', element: null },
    ],
    { initialEntries: [address] },
  );
  render(
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return router;
}

describe('the list of runs', () => {
  it('says how the first run comes about where there is none', async () => {
    show();
    expect(await screen.findByText('No runs yet')).toBeTruthy();
  });

  it('shows the server’s own words when it fails, and reads again', async () => {
    answer = () => json({ detail: 'the disk is full' }, 500);
    show();
    expect((await screen.findByRole('alert')).textContent).toContain('the disk is full');
    answer = () => page(run('back-again'));
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('back-again')).toBeTruthy();
  });

  it('names the filter that hides everything, and clears it', async () => {
    answer = (url) => (url.searchParams.has('status') ? page() : page(run('hidden')));
    const router = show('/?status=FAILED');
    await userEvent.click(await screen.findByText('Clear the filter failed'));
    expect(await screen.findByText('hidden')).toBeTruthy();
    expect(router.state.location.search).toBe('');
  });

  it('asks the server for what the address says', async () => {
    show('/?status=FAILED,STALE&trigger=api&label=a:b&q=x');
    await waitFor(() => expect(asked.some((url) => url.searchParams.get('q') === 'x')).toBe(true));
    const url = asked.find(({ searchParams }) => searchParams.has('q'));
    expect(url?.searchParams.getAll('status')).toEqual(['FAILED', 'STALE']);
    expect(url?.searchParams.getAll('trigger')).toEqual(['api']);
    expect(url?.searchParams.getAll('label')).toEqual(['a:b']);
  });

  it('says how many runs fit, and that there are more than are counted', async () => {
    answer = () => page(run('one'));
    show();
    expect(await screen.findByText('10,000+ runs')).toBeTruthy();
  });

  it('leads to the comparison of the two runs that were picked last', async () => {
    answer = () => page(run('one'), run('two'), run('three'));
    const router = show();
    await userEvent.click(await screen.findByRole('button', { name: 'Compare two …' }));
    for (const runId of ['one', 'two', 'three'])
      await userEvent.click(screen.getByLabelText(`Pick ${runId}`));
    await userEvent.click(screen.getByRole('button', { name: 'Compare the two' }));
    expect(router.state.location.pathname + router.state.location.search).toBe('/compare?a=two&b=three');
  });

  it('saves a filter by its name and leads back to it', async () => {
    answer = () => page(run('one'));
    const router = show('/?status=FAILED');
    await userEvent.click(await screen.findByRole('button', { name: 'Saved' }));
    await userEvent.type(screen.getByLabelText('Save this filter as'), 'broken');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await userEvent.click(screen.getByRole('button', { name: 'Clear the filter failed' }));
    await userEvent.click(screen.getByRole('button', { name: 'Saved' }));
    await userEvent.click(await screen.findByRole('button', { name: 'broken' }));
    expect(router.state.location.search).toBe('?status=FAILED');
  });

  it('takes in what it is told live, and lets go what no longer fits', async () => {
    answer = () => page(run('first'));
    show('/?status=RUNNING');
    await screen.findByText('first');
    const tell = (...runs: WireRunSummary[]) => {
      for (const list of lists) list.changed({ type: 'runs', runs });
    };
    tell(run('second', { registeredAt: '2026-11-22T11:00:00Z' }));
    expect(await screen.findByText('second')).toBeTruthy();
    tell(run('first', { status: 'COMPLETED', headSeq: 2 }));
    await waitFor(() => expect(screen.queryByText('first')).toBeNull());
  });
});
