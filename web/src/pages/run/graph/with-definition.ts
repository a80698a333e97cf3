// A run's nodes with what its workflow's definition adds. Pure.

import type { GraphNode } from '../../../graph/layout';
import type { DefinedNode } from './use-graph-shape';

/** The name in the file: `build[linux,1]` is one of the nodes that `build` became. */
const definedName = (nodeRef: string) => nodeRef.replace(/\[.*\]$/s, '');

export function withDefinition(
  shape: readonly GraphNode[],
  defined: readonly DefinedNode[],
): readonly GraphNode[] {
  const byName = new Map(defined.map((node) => [node.nodeRef, node]));
  const definition = (nodeRef: string) => byName.get(nodeRef) ?? byName.get(definedName(nodeRef));
  const lacksNeeds = shape.every(({ needs }) => needs.length === 0);
  const linked = shape.map((node) =>
    lacksNeeds ? { ...node, needs: definition(node.nodeRef)?.needs ?? node.needs } : node,
  );
  const isLast = (nodeRef: string) => definition(nodeRef)?.finally === true;
  if (!linked.some(({ nodeRef }) => isLast(nodeRef))) return lacksNeeds ? linked : shape;
  const needed = new Set(linked.flatMap(({ needs }) => needs));
  const ends = linked
    .filter(({ nodeRef }) => !isLast(nodeRef) && !needed.has(nodeRef))
    .map(({ nodeRef }) => nodeRef);
  return linked.map((node) =>
    isLast(node.nodeRef) && node.needs.length === 0 ? { ...node, needs: ends } : node,
  );
}
