import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { mockApi, showAt } from '../../lib/test-page';
import ComparePage from './ComparePage';

vi.mock('../../live/client', () => ({ askToken: vi.fn(), holdToken: vi.fn(), onSession: vi.fn() }));

const side = (status: string, attempts: number, durationMs: number) => ({ status, attempts, durationMs });
const DIFF = {
  a: {},
  b: {},
  equal: false,
  firstDifference: {
    seq: 7,
    seqs: { a: 7, b: 8 },
    nodeRef: 'resolve',
    a: { type: 'NODE_COMPLETED' },
    b: { type: 'NODE_FAILED' },
  },
  nodes: [
    { nodeRef: 'fetch', a: side('COMPLETED', 1, 1_000), b: side('COMPLETED', 1, 1_002), changed: [] },
    { nodeRef: 'resolve', a: side('COMPLETED', 1, 1_000), b: side('FAILED', 3, 4_000), changed: ['status'] },
    { nodeRef: 'extra', a: null, b: side('COMPLETED', 1, 10), changed: [] },
  ],
  criticalPath: { a: ['fetch'], b: ['fetch', 'resolve'] },
  durationMs: { a: 2_000, b: 5_000 },
};
const ROUTES = [{ path: '/compare', element: <ComparePage /> }];
const run = (runId: string) => ({
  runId,
  workflow: 'w',
  status: 'COMPLETED',
  registeredAt: '2026-11-22T10:00:00Z',
  headSeq: 1,
  labels: {},
  progress: { completedActions: 0, totalActions: 0 },
});

describe('comparing two runs', () => {
  it('shows where they differ first, and which nodes do', async () => {
    const api = mockApi({ 'GET /api/v1/runs/one/diff': DIFF });
    showAt('/compare?a=one&b=two', ROUTES);
    expect(await screen.findByText('They differ first at event 7, of resolve')).toBeTruthy();
    expect(api.of('GET', '/api/v1/runs/one/diff')[0]?.query.get('with')).toBe('two');
    expect(screen.getByText('differs in status')).toBeTruthy();
    expect(screen.getByText('only in the second')).toBeTruthy();
    expect(screen.getByText('4.0 times as long')).toBeTruthy();
    await userEvent.click(screen.getByLabelText('Only what differs'));
    await waitFor(() => expect(document.querySelector('[data-row="fetch"]')).toBeNull());
    expect(document.querySelector('[data-row="resolve"]')).toBeTruthy();
  });

  it('offers runs of the same workflow for the second', async () => {
    const api = mockApi({
      'GET /api/v1/runs/one': run('one'),
      'GET /api/v1/runs': { runs: [run('one'), run('two')], nextCursor: null },
      'GET /api/v1/runs/one/diff': { ...DIFF, equal: true, firstDifference: null },
    });
    showAt('/compare?a=one', ROUTES);
    await userEvent.click(await screen.findByRole('button', { name: /two/ }));
    expect(await screen.findByText('The two went the same way.')).toBeTruthy();
    expect(api.of('GET', '/api/v1/runs')[0]?.query.get('workflow')).toBe('w');
  });
});
