// A graph of nodes that need each other: laid out by a worker, panned and zoomed by React Flow, with a map of it when it is large.
//
// What a node looks like is the caller's. The graph itself is drawn once for a layout; whatever changes live changes inside the
// cards.

import '@xyflow/react/dist/base.css';
import { Background, MiniMap, type Node, ReactFlow, ReactFlowProvider, useStore } from '@xyflow/react';
import { type ComponentType, useMemo, useRef } from 'react';
import { CardContext } from './card-context';
import styles from './DagGraph.module.css';
import { EdgeLayer } from './EdgeLayer';
import { GraphControls } from './GraphControls';
import { GraphNodeFrame } from './GraphNodeFrame';
import { type GraphNode, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout';
import { Sight } from './Sight';
import { useLayout } from './use-layout';

export interface CardProps {
  readonly nodeRef: string;
}

interface Props {
  readonly nodes: readonly GraphNode[];
  readonly Card: ComponentType<CardProps>;
  readonly label: string;
  /** The colour of a node on the map. */
  readonly colorOf?: (nodeRef: string) => string;
  /** Brought into sight when it changes. */
  readonly focus?: string | undefined;
  /** A way through the graph, drawn stronger: its nodes, each needing the one behind it. */
  readonly path?: ReadonlySet<string>;
}

/** From here on one gets lost without a map. */
const MAP_FROM_NODES = 25;
/** From here on cards show letters for shapes. */
const CROWD_FROM_NODES = 120;
/** So many are drawn wherever they are: panning shows no gaps, and the browser's own search finds them. */
const WHOLE_NODES_MAX = 600;
/** React Flow wants to know it. */
const MAP_SIZE = { width: 150, height: 96 };
/** Below this the words on a card can't be read; then it shows its name alone, larger. */
const FAR_ZOOM = 0.55;
const NODE_TYPES = { card: GraphNodeFrame };
const NO_NODES: ReadonlySet<string> = new Set();
const NO_EDGES: [] = [];

export function DagGraph(props: Props) {
  return (
    <ReactFlowProvider>
      <Laid {...props} />
    </ReactFlowProvider>
  );
}

function Laid({ nodes, Card, label, colorOf, focus, path = NO_NODES }: Props) {
  const box = useRef<HTMLElement>(null);
  const isFar = useStore(({ transform }) => transform[2] < FAR_ZOOM);
  const laid = useLayout(nodes, box);
  const placed = laid?.placed ?? null;
  const direction = laid?.direction ?? 'LR';
  const drawn = useMemo(() => placed?.map(flowNode) ?? [], [placed]);
  return (
    <section
      ref={box}
      className={styles.graph}
      aria-label={label}
      data-graph={placed ? 'laid-out' : 'waiting'}
      data-far={isFar || undefined}
      data-crowd={nodes.length >= CROWD_FROM_NODES || undefined}
      data-many={nodes.length >= MAP_FROM_NODES || undefined}
    >
      <CardContext value={Card}>
        {placed && (
          <ReactFlow
            nodes={drawn}
            edges={NO_EDGES}
            nodeTypes={NODE_TYPES}
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
            onlyRenderVisibleElements={nodes.length > WHOLE_NODES_MAX}
            proOptions={{ hideAttribution: true }}
          >
            <EdgeLayer nodes={nodes} placed={placed} direction={direction} path={path} />
            {/* Dots help to see that something small moves; behind many cards they only cost. */}
            {nodes.length < MAP_FROM_NODES && <Background gap={20} size={1} color="var(--line)" />}
            {nodes.length >= MAP_FROM_NODES && (
              <MiniMap
                className={styles.map ?? ''}
                style={MAP_SIZE}
                pannable
                zoomable={false}
                ariaLabel="Map of the graph"
                nodeColor={(node) => colorOf?.(node.id) ?? 'var(--line-strong)'}
                nodeStrokeWidth={0}
                maskColor="color-mix(in srgb, var(--line-strong) 30%, transparent)"
                bgColor="var(--sunk)"
              />
            )}
            <GraphControls />
            <Sight box={box} focus={focus} layout={placed} />
          </ReactFlow>
        )}
      </CardContext>
    </section>
  );
}

function flowNode({ nodeRef, x, y }: Placed): Node {
  // The size is told, so that the first view fits before anything is measured.
  return {
    id: nodeRef,
    type: 'card',
    position: { x, y },
    data: {},
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
  };
}
