import { describe, expect, it } from 'vitest';
import { firstSight } from './first-sight';
import { layout, NODE_HEIGHT, NODE_WIDTH } from './layout';

const overlaps = (placed: ReturnType<typeof layout>) =>
  placed.some((a, place) =>
    placed
      .slice(place + 1)
      .some((b) => Math.abs(a.x - b.x) < NODE_WIDTH && Math.abs(a.y - b.y) < NODE_HEIGHT),
  );

describe('the layout of a graph', () => {
  it('puts what needs a node to its right, and no node on another', () => {
    const nodes = [
      { nodeRef: 'end', needs: ['left', 'right'] },
      { nodeRef: 'left', needs: ['start'] },
      { nodeRef: 'right', needs: ['start', 'nowhere'] },
      { nodeRef: 'start', needs: [] },
    ];
    const placed = layout(nodes, 'LR');
    expect(placed.map(({ nodeRef }) => nodeRef)).toEqual([
      'start',
      expect.any(String),
      expect.any(String),
      'end',
    ]);
    expect(overlaps(placed)).toBe(false);
  });

  it('fills a block in the order seen where nothing is known of needs', () => {
    const names = Array.from({ length: 30 }, (_, place) => `n${place}`);
    const placed = layout(
      names.map((nodeRef) => ({ nodeRef, needs: [] })),
      'LR',
    );
    expect(placed.map(({ nodeRef }) => nodeRef)).toEqual(names);
    expect(overlaps(placed)).toBe(false);
  });

  it('survives names of any kind and a need of itself', () => {
    const nodes = [
      { nodeRef: '__proto__', needs: ['__proto__'] },
      { nodeRef: 'a [1/2] ☃', needs: ['__proto__'] },
    ];
    expect(layout(nodes, 'TB')).toHaveLength(2);
  });

  it('manages five hundred nodes', () => {
    const nodes = Array.from({ length: 500 }, (_, place) => ({
      nodeRef: `n${place}`,
      needs: place < 10 ? [] : [`n${place - 10}`, `n${place - 3 - (place % 7)}`],
    }));
    expect(overlaps(layout(nodes, 'LR'))).toBe(false);
  });
});

describe('the first sight of a graph', () => {
  const box = { width: 800, height: 400 };
  const row = (count: number) =>
    Array.from({ length: count }, (_, place) => ({ nodeRef: `n${place}`, x: place * 264, y: 0 }));

  it('is all of it, in the middle, where that can be read', () => {
    const { x, y, zoom } = firstSight(row(2), box);
    expect([zoom, Math.round(x), Math.round(y)]).toEqual([1, 164, 170]);
    const three = firstSight(row(5), box);
    expect(three.x + (4 * 264 + NODE_WIDTH) * three.zoom).toBeLessThanOrEqual(800);
  });

  it('is its beginning where all of it would be too small', () => {
    expect(firstSight(row(100), box)).toMatchObject({ x: 24, zoom: 0.4 });
    const tall = [
      { nodeRef: 'start', x: 0, y: 5_000 },
      ...row(2).map((node, place) => ({ ...node, y: place * 10_000 })),
    ];
    const { y, zoom } = firstSight(tall, box);
    expect(Math.round(y + (5_000 + NODE_HEIGHT / 2) * zoom)).toBe(200);
  });
});
