import { describe, expect, it, vi } from 'vitest';
import { mockApi, refusal } from '../lib/test-page';
import type { Frame } from './frames';
import { openPoll } from './poll';

const run = (runId: string, status: string) => ({
  runId,
  status,
  headSeq: 1,
  registeredAt: '2026-11-22T10:00:00Z',
});

describe('polling the list', () => {
  it('moves runs that are older than its newest page, and tells of their end', async () => {
    vi.useFakeTimers();
    let active = [run('old', 'RUNNING'), run('purged', 'RUNNING')];
    mockApi({
      'GET /api/v1/runs': ({ query }) => ({ runs: query.has('status') ? active : [run('new', 'COMPLETED')] }),
      'GET /api/v1/runs/old': { ...run('old', 'FAILED'), headSeq: 9, nodes: [], labels: {} },
      'GET /api/v1/runs/purged': refusal(404, 'not here'),
    });
    const told: Frame[] = [];
    const poll = openPoll({ frame: (frame) => told.push(frame), roundTrip: () => {}, lost: () => {} });
    const statuses = () =>
      told.map((frame) => 'runs' in frame && frame.runs.map((one) => `${one.runId} ${one.status}`));
    poll.watchList(true);
    await vi.waitFor(() => expect(told).toHaveLength(1));
    active = [];
    await vi.advanceTimersByTimeAsync(3_000);
    await vi.waitFor(() => expect(told).toHaveLength(2));
    poll.close();
    vi.useRealTimers();
    expect(statuses()).toEqual([
      ['old RUNNING', 'purged RUNNING', 'new COMPLETED'],
      ['new COMPLETED', 'old FAILED'],
    ]);
  });
});
