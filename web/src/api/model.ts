// The forms that pages work with, and the way from the wire to them: times are milliseconds, what may be missing is null.

import type { RunStatus, WireRunSummary } from './wire';

export type Progress = { completed: number; total: number };

export type Trigger = {
  type: string;
  /** The run that this one comes from: the calling run, or the one that is run again. */
  originRunId: string | null;
};

export type RunFailure = { reason: string; code: string | null; nodeRef: string | null };

/** A run as lists show it. */
export type Run = {
  runId: string;
  workflow: string | null;
  status: RunStatus;
  trigger: Trigger | null;
  engine: string | null;
  labels: Readonly<Record<string, string>>;
  headSeq: number;
  /** When the server first heard of it: the list's order. */
  registeredAt: number;
  queuedAt: number | null;
  startedAt: number | null;
  updatedAt: number | null;
  completedAt: number | null;
  progress: Progress;
  failure: RunFailure | null;
};

export function toTime(text: string | null | undefined): number | null {
  if (!text) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

export function toTrigger(trigger: unknown): Trigger | null {
  if (typeof trigger === 'string') return { type: trigger, originRunId: null };
  if (typeof trigger !== 'object' || trigger === null) return null;
  const fields = trigger as Record<string, unknown>;
  const type = [fields.type, fields.kind].find((word) => typeof word === 'string') ?? 'unnamed';
  const origin = fields.parentRunId ?? (type === 'rerun' ? fields.runId : null);
  return { type: String(type), originRunId: typeof origin === 'string' ? origin : null };
}

export function toRun(wire: WireRunSummary): Run {
  const { failure } = wire;
  return {
    runId: wire.runId,
    workflow: wire.workflow ?? null,
    status: wire.status,
    trigger: toTrigger(wire.trigger),
    engine: wire.engine ?? null,
    labels: wire.labels as Record<string, string>,
    headSeq: wire.headSeq,
    registeredAt: toTime(wire.registeredAt) ?? 0,
    queuedAt: toTime(wire.queuedAt),
    startedAt: toTime(wire.startedAt),
    updatedAt: toTime(wire.updatedAt),
    completedAt: toTime(wire.completedAt),
    progress: { completed: wire.progress.completedActions, total: wire.progress.totalActions },
    failure: failure
      ? { reason: failure.reason, code: failure.code ?? null, nodeRef: failure.nodeRef ?? null }
      : null,
  };
}
