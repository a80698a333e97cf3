// The nodes and their needs, for the layout: as the run declares them, with what only its workflow's definition knows.
//
// A declaration that was too long has no needs, and none tells which nodes run at the end, whatever became of the others.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, body } from '../../../api/client';
import type { components } from '../../../api/schema';
import type { GraphNode } from '../../../graph/layout';
import { useRun, useSlowRun } from '../model/use-run';
import { useVersion } from '../model/use-version';
import { withDefinition } from './with-definition';

/** Nodes of external runs appear one by one; the graph is not laid out for each. */
const EVERY_MS = 300;

export type DefinedNode = Pick<components['schemas']['NodeSummary'], 'nodeRef' | 'needs' | 'finally'>;

export function useGraphShape(): readonly GraphNode[] {
  const shape = useSlowRun((view) => view.shape, EVERY_MS);
  const defined = useDefinition();
  return useMemo(() => (defined ? withDefinition(shape, defined) : shape), [shape, defined]);
}

/** The nodes of the version that the run executes; null for runs of others, and until they are read. */
function useDefinition(): readonly DefinedNode[] | null {
  const workflow = useRun(({ run }) => run.head.workflow);
  const isOurs = useRun(({ run }) => run.head.engine === 'local');
  const version = useVersion();
  const { data } = useQuery({
    queryKey: ['workflow-version', workflow, version],
    queryFn: async ({ signal }) => {
      const path = { name: workflow ?? '', version: String(version) };
      return body(await api.GET('/api/v1/workflows/{name}/versions/{version}', { params: { path }, signal }));
    },
    enabled: isOurs && workflow !== undefined && version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.nodes ?? null;
}
