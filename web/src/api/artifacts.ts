// Artifacts of all runs, and safe looks into them.

import { call, send } from './call';
import type { components } from './schema';

type Schemas = components['schemas'];

export type LibraryArtifact = Schemas['LibraryArtifact'];

export const readLibrary = (
  query: { workflow: string | null; q: string | null; cursor: string | null; limit: number },
  signal: AbortSignal,
) =>
  call<Schemas['Library']>('GET', '/api/v1/artifacts', {
    query,
    signal,
  });

/** More of a text than this is for an editor. */
export const PREVIEW_BYTES = 64 * 1024;

/** The first part of a text. What is no text once it is read is given all the same, as text. */
export async function readPreview(path: string, signal: AbortSignal): Promise<string> {
  const headers = { range: `bytes=0-${PREVIEW_BYTES - 1}` };
  const response = await send('GET', path, { query: { preview: true }, headers, signal });
  return new TextDecoder().decode(await response.arrayBuffer());
}
