// The places of a graph's nodes, laid out by a worker that lives as long as the page.

import { type RefObject, useEffect, useState } from 'react';
import type { Box, GraphNode, Laid } from './layout';
import type { LayoutRequest } from './layout.worker';

interface Answer {
  readonly id: number;
  readonly laid: Laid;
}

let worker: Worker | undefined;
let asked = 0;
const waiting = new Map<number, (laid: Laid) => void>();

function ask(nodes: readonly GraphNode[], box: Box, done: (laid: Laid) => void): () => void {
  worker ??= start();
  asked += 1;
  const request: LayoutRequest = { id: asked, nodes, box };
  waiting.set(request.id, done);
  worker.postMessage(request);
  return () => void waiting.delete(request.id);
}

function start(): Worker {
  const started = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data.laid);
    waiting.delete(data.id);
  };
  return started;
}

/** Null until the first layout is there; then the last one, while the next is being made. It suits the size that `box` has at first. */
export function useLayout(nodes: readonly GraphNode[], box: RefObject<HTMLElement | null>): Laid | null {
  const [laid, setLaid] = useState<Laid | null>(null);
  useEffect(() => {
    const { width = 800, height = 400 } = box.current?.getBoundingClientRect() ?? {};
    return ask(nodes, { width, height }, setLaid);
  }, [nodes, box]);
  return laid;
}
