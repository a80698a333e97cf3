// All edges of a graph, as plain shapes: one for each node's needs. A component for each edge would cost several elements, and
// a frame of panning pays for all of them; one shape for all would be drawn whole wherever a corner of it is seen.

import { getBezierPath, Position, ViewportPortal } from '@xyflow/react';
import { memo, useMemo } from 'react';
import styles from './DagGraph.module.css';
import { type Direction, type GraphNode, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout';

interface Props {
  readonly nodes: readonly GraphNode[];
  readonly placed: readonly Placed[];
  readonly direction: Direction;
  /** Nodes, each needing the one behind it. */
  readonly path: ReadonlySet<string>;
}

export const EdgeLayer = memo(function EdgeLayer({ nodes, placed, direction, path }: Props) {
  const shapes = useMemo(() => edgeShapes(nodes, placed, direction, path), [nodes, placed, direction, path]);
  return (
    <ViewportPortal>
      <svg className={styles.edges} aria-hidden="true" width="1" height="1">
        {shapes.map(({ id, isOn, d }) => (
          <path key={id} className={isOn ? styles.edgeOn : styles.edge} d={d} />
        ))}
      </svg>
    </ViewportPortal>
  );
});

export interface EdgeShape {
  readonly id: string;
  readonly isOn: boolean;
  readonly d: string;
}

/** Each node's needs as one shape; those on the path, each as its own, above the others. Pure. */
export function edgeShapes(
  nodes: readonly GraphNode[],
  placed: readonly Placed[],
  direction: Direction,
  path: ReadonlySet<string>,
): EdgeShape[] {
  const places = new Map(placed.map((place) => [place.nodeRef, place]));
  const steps = [...path];
  const onPath = new Set(steps.slice(1).map((need, place) => JSON.stringify([need, steps[place]])));
  const above: EdgeShape[] = [];
  const below: EdgeShape[] = [];
  for (const { nodeRef, needs } of nodes) {
    const to = places.get(nodeRef);
    if (!to) continue;
    let d = '';
    for (const need of needs) {
      const from = places.get(need);
      if (!from) continue;
      const id = JSON.stringify([need, nodeRef]);
      if (onPath.has(id)) above.push({ id, isOn: true, d: curve(from, to, direction) });
      else d += curve(from, to, direction);
    }
    if (d !== '') below.push({ id: nodeRef, isOn: false, d });
  }
  return [...below, ...above];
}

function curve(from: Placed, to: Placed, direction: Direction): string {
  const isAcross = direction === 'LR';
  const [path] = getBezierPath({
    sourceX: from.x + (isAcross ? NODE_WIDTH : NODE_WIDTH / 2),
    sourceY: from.y + (isAcross ? NODE_HEIGHT / 2 : NODE_HEIGHT),
    sourcePosition: isAcross ? Position.Right : Position.Bottom,
    targetX: to.x + (isAcross ? 0 : NODE_WIDTH / 2),
    targetY: to.y + (isAcross ? NODE_HEIGHT / 2 : 0),
    targetPosition: isAcross ? Position.Left : Position.Top,
  });
  return path;
}
