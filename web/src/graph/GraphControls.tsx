// Nearer, farther, and all of it at once.

import { Panel, useReactFlow } from '@xyflow/react';
import styles from './DagGraph.module.css';

export function GraphControls() {
  const flow = useReactFlow();
  return (
    <Panel position="top-right" className={styles.controls}>
      <button type="button" aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
        −
      </button>
      <button type="button" aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
        +
      </button>
      <button type="button" onClick={() => void flow.fitView({ padding: 0.08, maxZoom: 1 })}>
        Fit
      </button>
    </Panel>
  );
}
