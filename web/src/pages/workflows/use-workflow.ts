// A workflow as the server has it: one of its versions, and the list of all of them.

import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, body } from '../../api/client';
import { ApiError } from '../../api/problem';
import type { WireWorkflowDetail } from '../../api/wire';

const VERSIONS_PAGE = 50;

/** `null` where the server has no definition of that name: its runs may be recorded all the same. */
export function useWorkflow(name: string, version: number | null) {
  return useQuery({
    queryKey: ['workflow', name, version],
    queryFn: ({ signal }) => readWorkflow(name, version, signal),
    placeholderData: (before) => (before?.name === name ? before : undefined),
  });
}

async function readWorkflow(
  name: string,
  version: number | null,
  signal: AbortSignal,
): Promise<WireWorkflowDetail | null> {
  try {
    if (version === null) {
      return body(await api.GET('/api/v1/workflows/{name}', { params: { path: { name } }, signal }));
    }
    const path = { name, version: String(version) };
    return body(await api.GET('/api/v1/workflows/{name}/versions/{version}', { params: { path }, signal }));
  } catch (error) {
    if (error instanceof ApiError && error.status === 404 && version === null) return null;
    throw error;
  }
}

export function useVersions(name: string, isWanted: boolean) {
  return useInfiniteQuery({
    queryKey: ['workflow-versions', name],
    enabled: isWanted,
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: VERSIONS_PAGE, ...(pageParam && { before: pageParam }) };
      return body(
        await api.GET('/api/v1/workflows/{name}/versions', { params: { path: { name }, query }, signal }),
      );
    },
    initialPageParam: 0,
    getNextPageParam: ({ nextBefore }) => nextBefore ?? null,
  });
}
