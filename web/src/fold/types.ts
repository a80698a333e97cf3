// What the fold reads and what it keeps: the mirror of `Event` and `Run` in src/facts.

import type { ErrorFact } from './read';
import type { Level, NodeStatus, RunStatus } from './words';

/** An event as the API gives it; null and absent mean the same. */
export interface RunEvent {
  seq: number;
  recordedAt: string;
  occurredAt: string;
  type: string;
  nodeRef?: string | null | undefined;
  attempt?: number | null | undefined;
  level: Level;
  message?: string | null | undefined;
  data?: unknown;
  error?: unknown;
  outputSummary?: unknown;
  metadata?: { late?: boolean } & Record<string, unknown>;
}

export interface Failure {
  reason: string;
  code?: string;
  nodeRef?: string;
  details?: unknown;
}

export interface NodeCounts {
  events: number;
  warnings: number;
  errors: number;
  artifacts: number;
}

/** One node in its current attempt. Never changed in place, so that identity tells what changed. */
export interface FoldedNode {
  readonly nodeRef: string;
  readonly status: NodeStatus;
  /** The highest attempt seen; 0 before the first. */
  readonly attempt: number;
  readonly startedAt?: string | undefined;
  readonly completedAt?: string | undefined;
  readonly progress?: { completed: number; total: number | null } | undefined;
  /** The last message of a NODE_* event. */
  readonly message?: string | undefined;
  readonly error?: ErrorFact | undefined;
  readonly needs: readonly string[];
  readonly counts: NodeCounts;
  /** `seq` of the last event that touched this node. */
  readonly changedSeq: number;
}

export interface RunHead {
  status?: RunStatus | undefined;
  /** What the next event brings back, while the run is STALE. */
  staleFrom?: RunStatus | undefined;
  headSeq: number;
  workflow?: string | undefined;
  engine?: string | undefined;
  queuedAt?: string | undefined;
  startedAt?: string | undefined;
  startSeen: boolean;
  updatedAt?: string | undefined;
  completedAt?: string | undefined;
  declaredTotal?: number | undefined;
  nodesSeen: number;
  nodesOver: number;
  nodesAwaitingInput: number;
  lateEvents: number;
  failure?: Failure | undefined;
}

export interface RunDocuments {
  trigger: unknown;
  labels: Record<string, string>;
  inputs: unknown;
  result: unknown;
}

export interface FoldedRun {
  head: RunHead;
  documents: RunDocuments;
  /** In the order in which they were declared or first seen. */
  nodes: Map<string, FoldedNode>;
}
