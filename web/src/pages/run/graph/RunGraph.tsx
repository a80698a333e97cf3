// The graph of the run, live: shared with the timeline are what is chosen and the critical path.

import { useMemo, useSyncExternalStore } from 'react';
import { DagGraph } from '../../../graph/DagGraph';
import { toneOf } from '../../../lib/status';
import { useSelection } from '../model/selection';
import { useModel, useSlowRun } from '../model/use-run';
import { useCriticalPath } from '../timeline/use-critical-path';
import { NodeCard } from './NodeCard';
import { NodeTip } from './NodeTip';
import { useGraphShape } from './use-graph-shape';

/** The map's colours may lag a little behind the cards. */
const MAP_EVERY_MS = 500;

export default function RunGraph() {
  const model = useModel();
  const shape = useGraphShape();
  const selection = useSelection();
  const chosen = useSyncExternalStore(selection.subscribe, selection.chosen);
  const path = useCriticalPath();
  const version = useSlowRun((_, { version }) => version(), MAP_EVERY_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new function draws the map anew
  const colorOf = useMemo(
    () => (nodeRef: string) => `var(--${toneOf(model.view().run.nodes.get(nodeRef)?.status ?? 'PENDING')})`,
    [model, version],
  );
  return (
    <>
      <DagGraph
        nodes={shape}
        Card={NodeCard}
        label="Graph of the run"
        colorOf={colorOf}
        focus={chosen}
        path={path}
      />
      <NodeTip />
    </>
  );
}
