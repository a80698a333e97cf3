// Puts runs that the server told of into a list that was read: in their places, each once, and only where they belong.

import type { Run } from '../../api/model';

/** As the API lists them: the newest registered first. */
const byAge = (a: Run, b: Run): number => b.registeredAt - a.registeredAt;

/**
 * `isWhole` says that nothing follows the list. Else a run older than its last one is left to the page it will come with,
 * unless the list has it already.
 */
export function mergeRuns(
  known: readonly Run[],
  told: readonly Run[],
  belongs: (run: Run) => boolean,
  isWhole: boolean,
): readonly Run[] {
  const news = new Map(told.map((run) => [run.runId, run]));
  let isChanged = false;
  const merged: Run[] = [];
  for (const run of known) {
    const next = news.get(run.runId);
    news.delete(run.runId);
    const isNews = next !== undefined && !isSame(run, next) && next.headSeq >= run.headSeq;
    if (!isNews) merged.push(run);
    else if (belongs(next)) merged.push(next);
    isChanged ||= isNews;
  }
  const oldest = isWhole
    ? Number.NEGATIVE_INFINITY
    : (known.at(-1)?.registeredAt ?? Number.NEGATIVE_INFINITY);
  const added = [...news.values()].filter((run) => run.registeredAt > oldest && belongs(run));
  if (added.length > 0) return [...merged, ...added].sort(byAge);
  return isChanged ? merged : known;
}

function isSame(a: Run, b: Run): boolean {
  return a.headSeq === b.headSeq && a.status === b.status && a.updatedAt === b.updatedAt;
}

/** Each run once, where a page that was read meanwhile brings one that was told of. */
export function eachOnce(runs: readonly Run[]): readonly Run[] {
  const seen = new Set<string>();
  const first = runs.filter(({ runId }) => !seen.has(runId) && seen.add(runId));
  return first.length === runs.length ? runs : first;
}
