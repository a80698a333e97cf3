// The workflow's nodes and what they need, before any run.

import { createContext, useContext, useMemo } from 'react';
import type { components } from '../../api/schema';
import { type CardProps, DagGraph } from '../../graph/DagGraph';
import styles from './WorkflowGraph.module.css';

type NodeSummary = components['schemas']['NodeSummary'];

const Nodes = createContext<ReadonlyMap<string, NodeSummary>>(new Map());

export default function WorkflowGraph({ nodes }: { nodes: readonly NodeSummary[] }) {
  const byRef = useMemo(() => new Map(nodes.map((node) => [node.nodeRef, node])), [nodes]);
  const shape = useMemo(() => withEnds(nodes), [nodes]);
  return (
    <Nodes value={byRef}>
      <DagGraph nodes={shape} Card={DefinedCard} label="Graph of the workflow" />
    </Nodes>
  );
}

/** What runs after all others stands behind the last of them. */
function withEnds(nodes: readonly NodeSummary[]) {
  const needed = new Set(nodes.flatMap(({ needs }) => needs));
  const ends = nodes
    .filter((node) => !node.finally && !needed.has(node.nodeRef))
    .map(({ nodeRef }) => nodeRef);
  return nodes.map((node) => ({
    nodeRef: node.nodeRef,
    needs: node.finally && node.needs.length === 0 ? ends : node.needs,
  }));
}

function DefinedCard({ nodeRef }: CardProps) {
  const node = useContext(Nodes).get(nodeRef);
  if (!node) return null;
  return (
    <div className={styles.card} data-defined={nodeRef} data-kind={node.kind} title={nodeRef}>
      <span className={styles.name}>{nodeRef}</span>
      <span className={styles.told}>{inWords(node)}</span>
    </div>
  );
}

function inWords({ kind, image, workflow, matrix, finally: isLast }: NodeSummary): string {
  const what = workflow ? `calls ${workflow}` : image ? `in ${image}` : kind;
  return [what, matrix && 'a matrix', isLast && 'at the end'].filter(Boolean).join(', ');
}
