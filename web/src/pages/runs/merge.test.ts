import { describe, expect, it } from 'vitest';
import type { Run } from '../../api/model';
import { eachOnce, mergeRuns } from './merge';

const run = (runId: string, registeredAt: number, headSeq = 1, status: Run['status'] = 'RUNNING') =>
  ({ runId, registeredAt, headSeq, status, updatedAt: headSeq }) as Run;
const ids = (runs: readonly Run[]) => runs.map(({ runId }) => runId).join(' ');
const all = () => true;

const KNOWN = [run('c', 30), run('b', 20), run('a', 10)];

describe('runs that the server tells of', () => {
  it('change in their places', () => {
    const merged = mergeRuns(KNOWN, [run('b', 20, 5, 'COMPLETED')], all, false);
    expect(ids(merged)).toBe('c b a');
    expect(merged[1]?.status).toBe('COMPLETED');
    expect(merged[0]).toBe(KNOWN[0]);
  });

  it('come in by age, not by arrival', () => {
    expect(ids(mergeRuns(KNOWN, [run('d', 40), run('between', 25)], all, false))).toBe('d c between b a');
  });

  it('are left to their page where older ones follow', () => {
    expect(mergeRuns(KNOWN, [run('old', 5)], all, false)).toBe(KNOWN);
    expect(mergeRuns(KNOWN, [run('twin', 10)], all, false)).toBe(KNOWN);
    expect(ids(mergeRuns(KNOWN, [run('old', 5)], all, true))).toBe('c b a old');
  });

  it('go when they no longer belong, and never come in when they do not', () => {
    const running = (it: Run) => it.status === 'RUNNING';
    const told = [run('b', 20, 5, 'FAILED'), run('d', 40, 5, 'FAILED')];
    expect(ids(mergeRuns(KNOWN, told, running, false))).toBe('c a');
  });

  it('that are known already change nothing at all', () => {
    expect(mergeRuns(KNOWN, [run('b', 20)], all, false)).toBe(KNOWN);
  });

  it('never go back to an older state', () => {
    const known = [run('a', 10, 7, 'COMPLETED')];
    expect(mergeRuns(known, [run('a', 10, 3)], all, true)).toBe(known);
  });

  it('and that a page brings as well are shown once', () => {
    expect(ids(eachOnce([...KNOWN, run('b', 20), run('z', 1)]))).toBe('c b a z');
    expect(eachOnce(KNOWN)).toBe(KNOWN);
  });

  it('fill an empty list', () =>
    expect(ids(mergeRuns([], [run('a', 1), run('b', 2)], all, true))).toBe('b a'));
});
