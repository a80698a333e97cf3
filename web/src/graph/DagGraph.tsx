// A graph of nodes that need each other: laid out by a worker, panned and zoomed by React Flow, with a map of it when it is large.
//
// What a node looks like is the caller's. The graph itself is drawn once for a layout; whatever changes live changes inside the
// cards.

import '@xyflow/react/dist/base.css';
import { Background, type Edge, MiniMap, type Node, ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type ComponentType, memo, useEffect, useMemo } from 'react';
import { CardContext } from './card-context';
import { GraphControls } from './GraphControls';
import { GraphNodeFrame } from './GraphNodeFrame';
import styles from './DagGraph.module.css';
import { type Direction, type GraphNode, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout';
import { useLayout } from './use-layout';

export interface CardProps {
  readonly nodeRef: string;
}

interface Props {
  readonly nodes: readonly GraphNode[];
  readonly Card: ComponentType<CardProps>;
  readonly label: string;
  readonly direction?: Direction;
  /** The colour of a node on the map. */
  readonly colorOf?: (nodeRef: string) => string;
  /** Brought into sight when it changes. */
  readonly focus?: string | undefined;
  readonly emphasized?: ReadonlySet<string>;
}

/** From here on one gets lost without a map. */
const MAP_FROM_NODES = 25;
const NODE_TYPES = { card: GraphNodeFrame };
const NO_NODES: ReadonlySet<string> = new Set();
const FIT = { padding: 0.08, maxZoom: 1, minZoom: 0.1 };

export function DagGraph(props: Props) {
  return (
    <ReactFlowProvider>
      <Laid {...props} />
    </ReactFlowProvider>
  );
}

function Laid({ nodes, Card, label, direction = 'LR', colorOf, focus, emphasized = NO_NODES }: Props) {
  const placed = useLayout(nodes, direction);
  const drawn = useMemo(() => placed?.map((place) => flowNode(place, direction)) ?? [], [placed, direction]);
  const edges = useMemo(() => flowEdges(nodes, placed, emphasized), [nodes, placed, emphasized]);
  return (
    <section className={styles.graph} aria-label={label} data-graph={placed ? 'laid-out' : 'waiting'}>
      <CardContext value={Card}>
        {placed && (
          <ReactFlow
            nodes={drawn}
            edges={edges}
            nodeTypes={NODE_TYPES}
            fitView
            fitViewOptions={FIT}
            minZoom={0.05}
            maxZoom={1.5}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            edgesFocusable={false}
            elementsSelectable={false}
            zoomOnDoubleClick={false}
            preventScrolling={false}
            zoomOnScroll={false}
            panOnScroll={false}
            zoomActivationKeyCode={['Control', 'Meta']}
            onlyRenderVisibleElements={nodes.length > MAP_FROM_NODES}
            proOptions={{ hideAttribution: true }}
          >
            <Background gap={20} size={1} color="var(--line)" />
            {nodes.length >= MAP_FROM_NODES && (
              <MiniMap
                className={styles.map ?? ''}
                pannable
                zoomable={false}
                ariaLabel="Map of the graph"
                nodeColor={(node) => colorOf?.(node.id) ?? 'var(--line-strong)'}
                nodeStrokeWidth={0}
                maskColor="var(--veil)"
                bgColor="var(--sunk)"
              />
            )}
            <GraphControls />
            <Sight focus={focus} layout={placed} />
          </ReactFlow>
        )}
      </CardContext>
    </section>
  );
}

/** Moves the view: all of it after a new layout, and to the node that is in focus. */
const Sight = memo(function Sight({ focus, layout }: { focus: string | undefined; layout: readonly Placed[] }) {
  const flow = useReactFlow();
  useEffect(() => {
    if (layout.length > 0) void flow.fitView(FIT);
  }, [flow, layout]);
  useEffect(() => {
    const node = focus === undefined ? undefined : layout.find(({ nodeRef }) => nodeRef === focus);
    if (!node) return;
    const corner = flow.flowToScreenPosition({ x: node.x, y: node.y });
    const box = document.querySelector(`.${styles.graph}`)?.getBoundingClientRect();
    const zoom = flow.getZoom();
    const isSeen = box && corner.x >= box.left && corner.y >= box.top && corner.x + NODE_WIDTH * zoom <= box.right && corner.y + NODE_HEIGHT * zoom <= box.bottom;
    if (!isSeen) void flow.setCenter(node.x + NODE_WIDTH / 2, node.y + NODE_HEIGHT / 2, { zoom: Math.max(zoom, 0.5) });
  }, [flow, focus, layout]);
  return null;
});

function flowNode({ nodeRef, x, y }: Placed, direction: Direction): Node {
  const handles = direction === 'LR'
    ? [{ type: 'target' as const, position: 'left' as const, x: 0, y: NODE_HEIGHT / 2 }, { type: 'source' as const, position: 'right' as const, x: NODE_WIDTH, y: NODE_HEIGHT / 2 }]
    : [{ type: 'target' as const, position: 'top' as const, x: NODE_WIDTH / 2, y: 0 }, { type: 'source' as const, position: 'bottom' as const, x: NODE_WIDTH / 2, y: NODE_HEIGHT }];
  return {
    id: nodeRef,
    type: 'card',
    position: { x, y },
    data: {},
    // Told here, so that nothing has to be measured.
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    handles: handles as Node['handles'],
  };
}

function flowEdges(nodes: readonly GraphNode[], placed: readonly Placed[] | null, emphasized: ReadonlySet<string>): Edge[] {
  const known = new Set(placed?.map(({ nodeRef }) => nodeRef));
  return nodes.flatMap(({ nodeRef, needs }) =>
    needs
      .filter((need) => known.has(need) && known.has(nodeRef))
      .map((need) => {
        const isOn = emphasized.has(need) && emphasized.has(nodeRef);
        return {
          id: JSON.stringify([need, nodeRef]),
          source: need,
          target: nodeRef,
          className: isOn ? styles.edgeOn : styles.edge,
          focusable: false,
        } as Edge;
      }),
  );
}
