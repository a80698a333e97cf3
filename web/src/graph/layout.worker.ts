// Lays graphs out beside the main thread. One message asks, one answers, with the same number.

import { type Direction, type GraphNode, layout } from './layout';

export interface LayoutRequest {
  readonly id: number;
  readonly nodes: readonly GraphNode[];
  readonly direction: Direction;
}

self.onmessage = ({ data }: MessageEvent<LayoutRequest>) => {
  self.postMessage({ id: data.id, placed: layout(data.nodes, data.direction) });
};
