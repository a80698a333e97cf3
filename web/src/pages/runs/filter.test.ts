import { describe, expect, it } from 'vitest';
import type { Run } from '../../api/model';
import { fits, isFiltering, NO_FILTER, type RunListFilter, readFilter, toQuery, writeFilter } from './filter';
import { partsOf } from './filter-words';

const NOW = Date.parse('2026-11-26T12:00:30Z');
const read = (text: string) => readFilter(new URLSearchParams(text));

const RUN: Run = {
  runId: 'Run-1',
  workflow: 'recon',
  status: 'FAILED',
  trigger: { type: 'api', originRunId: null },
  engine: 'local',
  labels: { env: 'prod', ratio: '1:2' },
  headSeq: 4,
  registeredAt: NOW - 3_600_000,
  queuedAt: null,
  startedAt: null,
  updatedAt: null,
  completedAt: null,
  progress: { completed: 0, total: 0 },
  failure: { reason: 'Connection refused', code: null, nodeRef: 'fetch' },
};

describe('the address', () => {
  it('holds every filter and gives it back', () => {
    const text =
      'status=FAILED%2CSTALE&workflow=w&trigger=api%2Cschedule&label=a%3Ab&label=c%3Ad&since=24h&until=2026-11-25&q=x+y';
    const filter = read(text);
    expect(filter).toEqual({
      statuses: ['FAILED', 'STALE'],
      workflow: 'w',
      triggers: ['api', 'schedule'],
      labels: ['a:b', 'c:d'],
      since: '24h',
      until: '2026-11-25',
      text: 'x y',
    });
    expect(writeFilter(filter).toString()).toBe(text);
  });

  it('that holds nonsense shows everything', () => {
    const filter = read('status=BUSY&since=yesterday&until=2026-99-99&label=nothing&workflow=');
    expect(filter).toEqual(NO_FILTER);
    expect(isFiltering(filter)).toBe(false);
  });

  it('takes statuses repeated, in small letters and twice', () => {
    expect(read('status=failed&status=FAILED,stale').statuses).toEqual(['FAILED', 'STALE']);
  });
});

describe('the query', () => {
  it('is empty without a filter', () => expect(toQuery(NO_FILTER, NOW)).toEqual({}));

  it('counts a span back from now, in whole minutes', () => {
    expect(toQuery(read('since=24h'), NOW)).toEqual({ since: '2026-11-25T12:00:00.000Z' });
  });

  it('includes the last day', () => {
    const { until } = toQuery(read('until=2026-11-25'), NOW);
    expect(until).toBe(new Date('2026-11-26T00:00:00').toISOString());
  });
});

describe('a run', () => {
  const rows: Array<[string, boolean]> = [
    ['', true],
    ['status=FAILED', true],
    ['status=RUNNING', false],
    ['workflow=recon', true],
    ['workflow=rec', false],
    ['trigger=api,manual', true],
    ['trigger=manual', false],
    ['label=env:prod', true],
    ['label=env%3Dprod&label=ratio:1:2', true],
    ['label=env:prod&label=team:red', false],
    ['since=24h', true],
    ['since=1h', true],
    ['since=2026-11-27', false],
    ['until=2026-11-26', true],
    ['until=2026-11-20', false],
    ['q=run-1', true],
    ['q=REFUSED', true],
    ['q=fetch', true],
    ['q=nowhere', false],
  ];
  it.each(rows)('held against “%s”: %s', (text, expected) => {
    expect(fits(RUN, read(text), NOW)).toBe(expected);
  });
});

describe('each filter in words', () => {
  it('can be taken away by itself', () => {
    let filter: RunListFilter = read(
      'q=x&status=FAILED&workflow=w&trigger=api&label=a:b&label=c:d&since=7d&until=2026-11-25',
    );
    const words = partsOf(filter).map((part) => part.words);
    expect(words).toEqual([
      '“x”',
      'failed',
      'workflow w',
      'started by api',
      'a:b',
      'c:d',
      'the last 7 days',
      'until 2026-11-25',
    ]);
    for (let left = words.length; left > 0; left -= 1) {
      filter = { ...filter, ...partsOf(filter)[0]?.without };
      expect(partsOf(filter)).toHaveLength(left - 1);
    }
    expect(filter).toEqual(NO_FILTER);
  });
});
