// How a graph is shown at first: all of it where its cards can still be read and pressed, else its beginning. Pure.

import { type Box, NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout';

/** A card is then 24 pixels high, the least that a finger hits and an eye reads. */
const ZOOM_MIN = 0.4;
const PADDING = 24;

export function firstSight(placed: readonly Placed[], box: Box): { x: number; y: number; zoom: number } {
  const left = Math.min(...placed.map(({ x }) => x));
  const top = Math.min(...placed.map(({ y }) => y));
  const width = Math.max(...placed.map(({ x }) => x)) + NODE_WIDTH - left;
  const height = Math.max(...placed.map(({ y }) => y)) + NODE_HEIGHT - top;
  const fit = Math.min((box.width - 2 * PADDING) / width, (box.height - 2 * PADDING) / height);
  const zoom = Math.min(1, Math.max(ZOOM_MIN, fit));
  const first = placed[0] ?? { x: left, y: top };
  return {
    x: start(left, width, first.x + NODE_WIDTH / 2, box.width, zoom),
    y: start(top, height, first.y + NODE_HEIGHT / 2, box.height, zoom),
    zoom,
  };
}

/** In the middle where it has room, else with the first node as near to the middle as the graph's ends allow. */
function start(from: number, size: number, first: number, room: number, zoom: number): number {
  if (size * zoom + 2 * PADDING <= room) return (room - size * zoom) / 2 - from * zoom;
  const begin = PADDING - from * zoom;
  const end = room - PADDING - (from + size) * zoom;
  return Math.min(begin, Math.max(end, room / 2 - first * zoom));
}
