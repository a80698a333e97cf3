import { describe, expect, it } from 'vitest';
import { edgeShapes } from './EdgeLayer';

const nodes = [
  { nodeRef: 'a', needs: [] },
  { nodeRef: 'b', needs: ['a', 'not-there'] },
  { nodeRef: 'c', needs: ['a', 'b'] },
];
const placed = [
  { nodeRef: 'a', x: 0, y: 0 },
  { nodeRef: 'b', x: 300, y: 0 },
  { nodeRef: 'c', x: 600, y: 100 },
];

describe('the edges of a graph', () => {
  it('are a shape for each node, and one for each step of the critical path, which lies above', () => {
    // The path goes back from the node that ended last.
    const shapes = edgeShapes(nodes, placed, 'LR', new Set(['b', 'a']));
    expect(shapes.map(({ id, isOn }) => [id, isOn])).toEqual([
      ['c', false],
      ['["a","b"]', true],
    ]);
    expect(shapes[0]?.d.match(/M/g)).toHaveLength(2);
    expect(shapes[1]?.d).toMatch(/^M208,30 .*300,30$/);
  });

  it('go from below to above where the graph does', () => {
    const [first] = edgeShapes(nodes, placed, 'TB', new Set());
    expect(first?.d).toMatch(/^M104,60 .*404,0$/);
  });
});
