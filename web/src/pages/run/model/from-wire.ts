// A state that the server gave, in the form that the fold keeps: what the page shows until its own fold has caught up.

import type { WireNodeState, WireRunState } from '../../../api/wire';
import { emptyRun } from '../../../fold/run';
import type { FoldedNode, FoldedRun } from '../../../fold/types';
import { isOver } from '../../../fold/words';

export function fromWire(state: WireRunState): FoldedRun {
  const run = emptyRun();
  const nodes = state.nodes.map(toNode);
  const { failure } = state;
  Object.assign(run.head, {
    status: state.status,
    headSeq: state.headSeq,
    workflow: state.workflow ?? undefined,
    engine: state.engine ?? undefined,
    queuedAt: state.queuedAt ?? undefined,
    startedAt: state.startedAt ?? undefined,
    updatedAt: state.updatedAt ?? undefined,
    completedAt: state.completedAt ?? undefined,
    declaredTotal: state.progress.totalActions,
    nodesSeen: nodes.length,
    nodesOver: nodes.filter(({ status }) => isOver(status)).length,
    nodesAwaitingInput: nodes.filter(({ status }) => status === 'AWAITING_INPUT').length,
    failure: failure
      ? {
          reason: failure.reason,
          ...definite({ code: failure.code, nodeRef: failure.nodeRef, details: failure.details }),
        }
      : undefined,
  });
  run.documents = {
    trigger: state.trigger ?? null,
    labels: state.labels as Record<string, string>,
    inputs: state.inputs ?? null,
    result: state.result ?? null,
  };
  for (const node of nodes) run.nodes.set(node.nodeRef, node);
  return run;
}

function toNode(node: WireNodeState): FoldedNode {
  const { events, warnings, errors, artifacts } = node.counts;
  return {
    nodeRef: node.nodeRef,
    status: node.status,
    attempt: node.attempt,
    needs: node.needs,
    counts: { events, warnings, errors, artifacts },
    changedSeq: 0,
    startedAt: node.startedAt ?? undefined,
    completedAt: node.completedAt ?? undefined,
    message: node.message ?? undefined,
    progress: node.progress
      ? { completed: node.progress.completed, total: node.progress.total ?? null }
      : undefined,
    error: node.error ? (definite(node.error) as unknown as FoldedNode['error']) : undefined,
  };
}

/** The fields that are there. */
function definite(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
