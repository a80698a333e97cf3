// Reads lines from the API.

import { api, body } from '../../../api/client';
import type { FetchLines, LinePage } from './line';

export const fetchLinesOf =
  (runId: string): FetchLines =>
  async (range, signal) => {
    const { stream, level, ...rest } = range;
    const query = { ...rest, ...(stream && { stream }), ...(level && { level }) };
    const answer = await api.GET('/api/v1/runs/{runId}/logs', {
      params: { path: { runId }, query },
      signal: signal ?? null,
    });
    return body(answer) as LinePage;
  };
