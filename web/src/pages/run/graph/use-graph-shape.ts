// The nodes and their needs, for the layout. A run whose declaration was too long for its needs gets them from its workflow.

import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, body } from '../../../api/client';
import type { GraphNode } from '../../../graph/layout';
import { useRun, useSlowRun } from '../model/use-run';
import { useVersion } from '../model/use-version';

/** Nodes of external runs appear one by one; the graph is not laid out for each. */
const EVERY_MS = 300;

export function useGraphShape(): readonly GraphNode[] {
  const shape = useSlowRun((view) => view.shape, EVERY_MS);
  const workflow = useRun(({ run }) => run.head.workflow);
  const isOurs = useRun(({ run }) => run.head.engine === 'local');
  const version = useVersion();
  const lacksNeeds = shape.length > 1 && shape.every(({ needs }) => needs.length === 0);
  const { data } = useQuery({
    queryKey: ['workflow-version', workflow, version],
    queryFn: async ({ signal }) =>
      body(
        await api.GET('/api/v1/workflows/{name}/versions/{version}', {
          params: { path: { name: workflow ?? '', version: String(version) } },
          signal,
        }),
      ),
    enabled: isOurs && lacksNeeds && workflow !== undefined && version !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return useMemo(() => {
    if (!lacksNeeds || !data) return shape;
    const needs = new Map(needsOf(data));
    return shape.map((node) => ({ ...node, needs: needs.get(node.nodeRef) ?? node.needs }));
  }, [shape, lacksNeeds, data]);
}

function needsOf(detail: unknown): [string, string[]][] {
  const { nodes } = detail as { nodes?: { nodeRef: string; needs?: string[] }[] };
  return (nodes ?? []).map(({ nodeRef, needs }) => [nodeRef, needs ?? []]);
}
