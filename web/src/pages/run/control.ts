// What a person can do to a run. What came of it is in the run's next events; nothing is guessed here.

import { api, body } from '../../api/client';

export async function cancelRun(runId: string): Promise<void> {
  await api.POST('/api/v1/runs/{runId}/cancel', { params: { path: { runId } }, body: {} });
}

/** Gives the new run's id. */
export async function rerun(runId: string, fromNode?: string): Promise<string> {
  const answer = await api.POST('/api/v1/runs/{runId}/rerun', {
    params: { path: { runId } },
    body: fromNode === undefined ? {} : { fromNode },
  });
  return body(answer).runId;
}

export interface Answer {
  readonly approved: boolean;
  readonly data?: unknown;
  readonly comment?: string | undefined;
}

export async function answerNode(runId: string, nodeRef: string, answer: Answer): Promise<void> {
  await api.POST('/api/v1/runs/{runId}/nodes/{nodeRef}/input', {
    params: { path: { runId, nodeRef } },
    body: answer as never,
  });
}
