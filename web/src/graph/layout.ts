// Where the nodes of a graph stand: in ranks, from left to right, by dagre. Pure; layout.worker.ts runs it off the main thread.

import { layout as arrange, Graph } from '@dagrejs/dagre';

export interface GraphNode {
  readonly nodeRef: string;
  readonly needs: readonly string[];
}

export interface Placed {
  readonly nodeRef: string;
  /** Of the left upper corner. */
  readonly x: number;
  readonly y: number;
}

export type Direction = 'LR' | 'TB';

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 60;
const GAP = 22;
const RANK_GAP = 56;
/** The network simplex gives the best ranks, and takes seconds for more than this. */
const EXACT_NODES_MAX = 150;
/** Without needs there are no ranks; then a block of about this shape is filled in the order seen. */
const BLOCK_RATIO = 1.6;

/** Larger graphs are laid out in one direction only: the second takes as long as the first. */
const BOTH_NODES_MAX = 80;

export interface Box {
  readonly width: number;
  readonly height: number;
}

export interface Laid {
  readonly placed: readonly Placed[];
  readonly direction: Direction;
}

/** The layout in the direction in which it can be drawn larger inside `box`; left to right where that makes no great difference. */
export function bestLayout(nodes: readonly GraphNode[], box: Box): Laid {
  const across = { placed: layout(nodes, 'LR'), direction: 'LR' as const };
  if (nodes.length > BOTH_NODES_MAX || zoomOf(across.placed, box) >= 0.8) return across;
  const down = { placed: layout(nodes, 'TB'), direction: 'TB' as const };
  return zoomOf(down.placed, box) > zoomOf(across.placed, box) * 1.15 ? down : across;
}

function zoomOf(placed: readonly Placed[], { width, height }: Box): number {
  const right = Math.max(...placed.map(({ x }) => x + NODE_WIDTH)) - Math.min(...placed.map(({ x }) => x));
  const bottom = Math.max(...placed.map(({ y }) => y + NODE_HEIGHT)) - Math.min(...placed.map(({ y }) => y));
  return Math.min(1, width / right, height / bottom);
}

/** The nodes in reading order: rank by rank. */
export function layout(nodes: readonly GraphNode[], direction: Direction): Placed[] {
  const known = new Set(nodes.map(({ nodeRef }) => nodeRef));
  const edges = nodes.flatMap(({ nodeRef, needs }) =>
    needs.filter((need) => known.has(need) && need !== nodeRef).map((need) => [need, nodeRef] as const),
  );
  if (edges.length === 0) return block(nodes);
  const graph = new Graph();
  const ranker = nodes.length > EXACT_NODES_MAX ? 'longest-path' : 'network-simplex';
  graph.setGraph({ rankdir: direction, nodesep: GAP, ranksep: RANK_GAP, ranker });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { nodeRef } of nodes) graph.setNode(nodeRef, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const [need, nodeRef] of edges) graph.setEdge(need, nodeRef);
  arrange(graph);
  const placed = nodes.map(({ nodeRef }) => {
    const { x = 0, y = 0 } = graph.node(nodeRef) as { x?: number; y?: number };
    return { nodeRef, x: Math.round(x - NODE_WIDTH / 2), y: Math.round(y - NODE_HEIGHT / 2) };
  });
  const [first, second] = direction === 'LR' ? (['x', 'y'] as const) : (['y', 'x'] as const);
  return placed.sort((a, b) => a[first] - b[first] || a[second] - b[second]);
}

function block(nodes: readonly GraphNode[]): Placed[] {
  const columns = Math.max(1, Math.round(Math.sqrt((nodes.length * BLOCK_RATIO * NODE_HEIGHT) / NODE_WIDTH)));
  return nodes.map(({ nodeRef }, place) => ({
    nodeRef,
    x: (place % columns) * (NODE_WIDTH + GAP),
    y: Math.floor(place / columns) * (NODE_HEIGHT + GAP),
  }));
}
