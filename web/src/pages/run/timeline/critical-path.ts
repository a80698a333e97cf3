// The critical path: from the node that ended last back along the need that ended last, each time. Making any node on it
// faster is what makes the run faster.

import { endOf, type Spans } from './spans';

interface Needing {
  readonly nodeRef: string;
  readonly needs: readonly string[];
}

/** The nodes of the path, as of `seq`; empty where no node needs another. */
export function criticalPath(nodes: Iterable<Needing>, spans: Spans, seq: number): Set<string> {
  const byName = new Map<string, Needing>();
  for (const node of nodes) byName.set(node.nodeRef, node);
  const path = new Set<string>();
  if (![...byName.values()].some((node) => node.needs.length > 0)) return path;
  let at = latest([...byName.keys()], spans, seq);
  while (at !== undefined && !path.has(at)) {
    path.add(at);
    at = latest(byName.get(at)?.needs ?? [], spans, seq);
  }
  return path;
}

function latest(names: readonly string[], spans: Spans, seq: number): string | undefined {
  let found: string | undefined;
  let foundEnd = Number.NEGATIVE_INFINITY;
  for (const name of names) {
    const node = spans.get(name);
    if (!node?.attempts.some((attempt) => attempt.startSeq <= seq && attempt.endType !== 'NODE_SKIPPED'))
      continue;
    const end = endOf(node, seq) ?? Number.POSITIVE_INFINITY; // still running: it ends last so far
    if (end > foundEnd) [found, foundEnd] = [name, end];
  }
  return found;
}
