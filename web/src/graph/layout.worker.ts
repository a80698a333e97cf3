// Lays graphs out beside the main thread. One message asks, one answers, with the same number.

import { type Box, bestLayout, type GraphNode } from './layout';

export interface LayoutRequest {
  readonly id: number;
  readonly nodes: readonly GraphNode[];
  readonly box: Box;
}

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => {
  self.postMessage({ id: data.id, laid: bestLayout(data.nodes, data.box) });
};
