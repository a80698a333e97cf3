// Runs as files, and two runs beside each other.

import { call } from './call';

export type Imported = { runId: string; events: number; lines: number; artifacts: number; verified: boolean };

const BUNDLE = 'application/vnd.telltale.bundle';

export const importBundle = (body: Blob) =>
  call<Imported>('POST', '/api/v1/import', { file: { body, type: BUNDLE } });
export const replayBundle = (body: Blob, speed: number) =>
  call<{ runId: string }>('POST', '/api/v1/replay', { query: { speed }, file: { body, type: BUNDLE } });

export type DiffSide = { status?: string | null; attempts: number; durationMs: number | null };
export type DiffNode = {
  nodeRef: string;
  a: DiffSide | null;
  b: DiffSide | null;
  /** What differs, in the server's words; empty where nothing does. */
  changed: readonly string[];
};
export type RunDiff = {
  a: unknown;
  b: unknown;
  equal: boolean;
  firstDifference: ({ seq: number } & Readonly<Record<string, unknown>>) | null;
  nodes: readonly DiffNode[];
  criticalPath: { a: readonly string[]; b: readonly string[] };
  durationMs: { a: number | null; b: number | null };
};

export const readDiff = (a: string, b: string, signal: AbortSignal) =>
  call<RunDiff>('GET', `/api/v1/runs/${encodeURIComponent(a)}/diff`, { query: { with: b }, signal });
