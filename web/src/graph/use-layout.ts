// The places of a graph's nodes, laid out by a worker that lives as long as the page.

import { useEffect, useState } from 'react';
import type { Direction, GraphNode, Placed } from './layout';

interface Answer {
  readonly id: number;
  readonly placed: readonly Placed[];
}

let worker: Worker | undefined;
let asked = 0;
const waiting = new Map<number, (placed: readonly Placed[]) => void>();

function ask(nodes: readonly GraphNode[], direction: Direction, done: (placed: readonly Placed[]) => void): () => void {
  worker ??= start();
  asked += 1;
  const id = asked;
  waiting.set(id, done);
  worker.postMessage({ id, nodes, direction });
  return () => void waiting.delete(id);
}

function start(): Worker {
  const started = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data.placed);
    waiting.delete(data.id);
  };
  return started;
}

/** Null until the first layout is there; then the last one, while the next is being made. */
export function useLayout(nodes: readonly GraphNode[], direction: Direction): readonly Placed[] | null {
  const [placed, setPlaced] = useState<readonly Placed[] | null>(null);
  useEffect(() => ask(nodes, direction, setPlaced), [nodes, direction]);
  return placed;
}
