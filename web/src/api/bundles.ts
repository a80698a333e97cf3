// Runs as files, and two runs beside each other.

import { call } from './call';
import type { NodeStatus, RunStatus } from './wire';

export type Imported = { runId: string; events: number; lines: number; artifacts: number; verified: boolean };

const BUNDLE = 'application/vnd.telltale.bundle';

export const importBundle = (body: Blob) =>
  call<Imported>('POST', '/api/v1/import', { file: { body, type: BUNDLE } });
export const replayBundle = (body: Blob, speed: number) =>
  call<{ runId: string }>('POST', '/api/v1/replay', { query: { speed }, file: { body, type: BUNDLE } });

type Sides<T> = { a: T; b: T };
export type DiffSide = { status: NodeStatus; attempts: number; durationMs: number | null };
export type DiffNode = {
  nodeRef: string;
  a: DiffSide | null;
  b: DiffSide | null;
  /** `presence`, `status`, `attempts`, `events`: what differs. Durations differ always. */
  changed: readonly string[];
};
export type FirstDifference = {
  /** In `a`, or in `b` where `a` has nothing there. */
  seq: number;
  seqs: Sides<number | null>;
  nodeRef: string | null;
  /** The event, normalised; null where there is none. */
  a: unknown;
  b: unknown;
};
export type RunDiff = {
  equal: boolean;
  status: Sides<RunStatus>;
  firstDifference: FirstDifference | null;
  nodes: readonly DiffNode[];
  criticalPath: Sides<readonly string[]>;
  durationMs: Sides<number | null>;
};

export const readDiff = (a: string, b: string, signal: AbortSignal) =>
  call<RunDiff>('GET', `/api/v1/runs/${encodeURIComponent(a)}/diff`, { query: { with: b }, signal });
