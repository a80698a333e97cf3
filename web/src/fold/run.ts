// The fold: a run's state from its events, one at a time; the mirror of `Run::apply` in src/facts/run.rs.
//
// `apply` changes the run it is given, but never a node: a touched one is replaced, so `snapshot` costs one map.

import {
  declaredNodes,
  type ErrorFact,
  errorFact,
  fieldsOf,
  isCount,
  isNodeRef,
  isText,
  isU32,
  labelsOf,
} from './read';
import { nodeTransition, runTransition } from './transition';
import type { FoldedNode, FoldedRun, RunEvent, RunHead } from './types';
import { isNeverLate, isNodeLifecycle, isOver, isTerminal, type NodeStatus, type RunStatus } from './words';

export type Effect = 'applied' | 'late';

const DECLARATION = ['workflow', 'engine', 'trigger', 'labels', 'inputs', 'totalActions', 'nodes'] as const;
const REASONS: Readonly<Record<string, string>> = {
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};

/** The state before any event. */
export function emptyRun(): FoldedRun {
  return {
    head: { headSeq: 0, startSeen: false, nodesSeen: 0, nodesOver: 0, nodesAwaitingInput: 0, lateEvents: 0 },
    documents: { trigger: null, labels: {}, inputs: null, result: null },
    nodes: new Map(),
  };
}

/** A state that later events don't change. */
export function snapshot(run: FoldedRun): FoldedRun {
  return { head: { ...run.head }, documents: { ...run.documents }, nodes: new Map(run.nodes) };
}

/** The status; QUEUED before any event. */
export const statusOf = (run: FoldedRun): RunStatus => run.head.status ?? 'QUEUED';

export function progressOf(head: RunHead): { completedActions: number; totalActions: number } {
  return {
    completedActions: head.nodesOver,
    totalActions: Math.max(head.declaredTotal ?? 0, head.nodesSeen),
  };
}

/** Folds one event in. Never fails: what can't change the state is late. */
export function apply(run: FoldedRun, event: RunEvent): Effect {
  const { head } = run;
  head.headSeq = event.seq;
  head.updatedAt = event.recordedAt;
  if (event.type !== 'RUN_STALE' && head.staleFrom) {
    head.status = head.staleFrom;
    head.staleFrom = undefined;
  }
  let effect: Effect = 'applied';
  if (isNeverLate(event.type)) head.status = statusOf(run);
  else effect = isNodeLifecycle(event.type) ? applyToNode(run, event) : applyToRun(run, event);
  count(run, event);
  if (effect === 'late') head.lateEvents += 1;
  return effect;
}

function applyToRun(run: FoldedRun, event: RunEvent): Effect {
  const { head } = run;
  const next = runTransition(head.staleFrom ?? head.status, event.type, head.startSeen);
  if (!next) return 'late';
  if (event.type === 'RUN_STALE') {
    head.staleFrom = next;
    head.status = 'STALE';
    return 'applied';
  }
  if (event.type === 'RUN_QUEUED') {
    head.queuedAt ??= event.occurredAt;
    declare(run, event);
  } else if (event.type === 'RUN_STARTED') {
    head.startSeen = true;
    head.startedAt ??= event.occurredAt;
    declare(run, event);
  } else {
    head.completedAt = event.occurredAt;
    conclude(run, event, next);
  }
  head.status = next;
  return 'applied';
}

/** Takes what RUN_QUEUED or RUN_STARTED says of the run; what is known already stays. */
function declare(run: FoldedRun, event: RunEvent): void {
  const said = fieldsOf(event.data, DECLARATION, 0);
  if (!said) return;
  const { head, documents } = run;
  if (isText(said.workflow)) head.workflow ??= said.workflow;
  if (isText(said.engine)) head.engine ??= said.engine;
  if (isU32(said.totalActions)) head.declaredTotal ??= said.totalActions;
  documents.trigger ??= said.trigger ?? null;
  documents.inputs ??= said.inputs ?? null;
  if (Object.keys(documents.labels).length === 0) documents.labels = labelsOf(said.labels);
  for (const { nodeRef, needs } of declaredNodes(said.nodes)) {
    run.nodes.set(nodeRef, { ...nodeOf(run, nodeRef), needs, changedSeq: event.seq });
  }
}

/** Notes result or failure of a run that ends. */
function conclude(run: FoldedRun, event: RunEvent, status: RunStatus): void {
  const said = fieldsOf(event.data, ['result', 'nodeRef'], 0);
  const fits = said !== undefined && (said.nodeRef === undefined || isNodeRef(said.nodeRef));
  run.documents.result = (fits ? said.result : null) ?? null;
  if (status === 'COMPLETED') return;
  const failed = [...run.nodes.values()].find((node) => node.status === 'FAILED');
  const named = fits ? (said.nodeRef as string | undefined) : undefined;
  const nodeRef = event.nodeRef ?? named ?? failed?.nodeRef;
  const message = event.message ?? undefined;
  const error: ErrorFact = errorFact(event.error) ??
    (message === undefined ? undefined : { message }) ??
    failed?.error ?? { message: REASONS[status] ?? 'failed without a reason given' };
  run.head.failure = {
    reason: error.message,
    ...(error.code !== undefined && { code: error.code }),
    ...(nodeRef !== undefined && { nodeRef }),
    ...(error.details !== undefined && { details: error.details }),
  };
}

function applyToNode(run: FoldedRun, event: RunEvent): Effect {
  const { head } = run;
  if (!event.nodeRef || (head.status && isTerminal(head.status))) return 'late';
  const attempt = event.attempt ?? 1;
  const before = nodeOf(run, event.nodeRef);
  if (attempt < before.attempt) return 'late';
  const isNew = attempt > before.attempt;
  const next = nodeTransition(isNew ? 'PENDING' : before.status, event.type);
  if (!next) return 'late';
  const begun = isNew
    ? {
        ...before,
        attempt,
        startedAt: undefined,
        completedAt: undefined,
        progress: undefined,
        error: undefined,
      }
    : before;
  run.nodes.set(event.nodeRef, withDetails(begun, event, next));
  head.nodesOver = counted(head.nodesOver, isOver(before.status), isOver(next));
  head.nodesAwaitingInput = counted(
    head.nodesAwaitingInput,
    before.status === 'AWAITING_INPUT',
    next === 'AWAITING_INPUT',
  );
  head.startedAt ??= event.occurredAt;
  head.status = head.nodesAwaitingInput > 0 ? 'AWAITING_INPUT' : 'RUNNING';
  return 'applied';
}

/** Status, times, progress, message and error that an applied event gives its node. */
function withDetails(node: FoldedNode, event: RunEvent, status: NodeStatus): FoldedNode {
  const ended = isOver(status) || status === 'RETRYING';
  return {
    ...node,
    status,
    changedSeq: event.seq,
    startedAt: event.type === 'NODE_SKIPPED' ? node.startedAt : (node.startedAt ?? event.occurredAt),
    completedAt: ended ? event.occurredAt : undefined,
    progress: event.type === 'NODE_PROGRESS' ? progressAfter(node, event) : node.progress,
    message: event.message ?? node.message,
    error: errorFact(event.error) ?? node.error,
  };
}

function progressAfter(node: FoldedNode, event: RunEvent): FoldedNode['progress'] {
  const said = fieldsOf(event.data, ['completed', 'total'], 2);
  if (!said || !isCount(said.completed) || (said.total !== undefined && !isCount(said.total)))
    return node.progress;
  return { completed: said.completed, total: said.total ?? node.progress?.total ?? null };
}

/** The node, made PENDING when it was unknown. */
function nodeOf(run: FoldedRun, nodeRef: string): FoldedNode {
  const known = run.nodes.get(nodeRef);
  if (known) return known;
  run.head.nodesSeen += 1;
  const counts = { events: 0, warnings: 0, errors: 0, artifacts: 0 };
  const node: FoldedNode = { nodeRef, status: 'PENDING', attempt: 0, needs: [], counts, changedSeq: 0 };
  run.nodes.set(nodeRef, node);
  return node;
}

/** Counts the event for its node, if that is a known one. */
function count(run: FoldedRun, event: RunEvent): void {
  const node = event.nodeRef ? run.nodes.get(event.nodeRef) : undefined;
  if (!node) return;
  const { events, warnings, errors, artifacts } = node.counts;
  const counts = {
    events: events + 1,
    warnings: warnings + Number(event.level === 'warn'),
    errors: errors + Number(event.level === 'error'),
    artifacts: artifacts + Number(event.type === 'ARTIFACT_RECORDED'),
  };
  run.nodes.set(node.nodeRef, { ...node, counts, changedSeq: event.seq });
}

function counted(number: number, before: boolean, after: boolean): number {
  if (before === after) return number;
  return after ? number + 1 : Math.max(0, number - 1);
}
