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
  const start = (size: number, room: number) => Math.max(PADDING, (room - size * zoom) / 2);
  return { x: start(width, box.width) - left * zoom, y: start(height, box.height) - top * zoom, zoom };
}
