// Runs as files, and two runs beside each other.

import { call } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

const BUNDLE = 'application/vnd.telltale.bundle';

export const importBundle = (body: Blob) =>
  call<Schemas['Imported']>('POST', '/api/v1/import', { file: { body, type: BUNDLE } });
export const replayBundle = (body: Blob, speed: number) =>
  call<Schemas['Replayed']>('POST', '/api/v1/replay', { query: { speed }, file: { body, type: BUNDLE } });

type Sides<T> = { a: T; b: T };
export type DiffSide = Schemas['NodeSide'];
export type DiffNode = Schemas['NodeDiff'];
/** The description says of these sides only that they are objects. */
export type FirstDifference = Omit<Schemas['FirstDifference'], 'seqs'> & { seqs: Sides<number | null> };
export type RunDiff = Omit<Schemas['Diff'], 'firstDifference' | 'criticalPath' | 'durationMs'> & {
  firstDifference?: FirstDifference | null;
  criticalPath: Sides<readonly string[]>;
  durationMs: Sides<number | null>;
};

export const readDiff = (a: string, b: string, signal: AbortSignal) =>
  call<RunDiff>('GET', `/api/v1/runs/${encodeURIComponent(a)}/diff`, { query: { with: b }, signal });
