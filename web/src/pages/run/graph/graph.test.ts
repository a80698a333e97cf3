import { describe, expect, it } from 'vitest';
import type { FoldedNode } from '../../../fold/types';
import { withDefinition } from './with-definition';
import { courseWords } from './words';

describe('the shape of the graph', () => {
  const shape = [
    { nodeRef: 'a', needs: [] },
    { nodeRef: 'b[x]', needs: ['a'] },
    { nodeRef: 'b[y]', needs: ['a'] },
    { nodeRef: 'tidy', needs: [] },
  ];

  it('puts what runs at the end behind the last of the others', () => {
    const defined = [
      { nodeRef: 'a', needs: [], finally: false },
      { nodeRef: 'b', needs: ['a'], finally: false },
      { nodeRef: 'tidy', needs: [], finally: true },
    ];
    expect(withDefinition(shape, defined).at(-1)?.needs).toEqual(['b[x]', 'b[y]']);
  });

  it('takes the needs from the definition where the declaration had no room for them', () => {
    const bare = ['a', 'b'].map((nodeRef) => ({ nodeRef, needs: [] }));
    const defined = [
      { nodeRef: 'a', needs: [], finally: false },
      { nodeRef: 'b', needs: ['a'], finally: false },
    ];
    expect(withDefinition(bare, defined).map(({ needs }) => needs)).toEqual([[], ['a']]);
  });

  it('stays as it is where the definition adds nothing', () => {
    expect(withDefinition(shape, [])).toBe(shape);
  });
});

describe('what a card says', () => {
  const node = (fields: Partial<FoldedNode>) => ({ attempt: 1, ...fields }) as FoldedNode;

  it.each([
    [{ status: 'RUNNING', progress: { completed: 214, total: 1000 } }, 'running 214/1,000'],
    [{ status: 'RUNNING', progress: { completed: 7, total: null }, attempt: 2 }, 'running 7, attempt 2/3'],
    [{ status: 'RETRYING' }, 'retrying 1/3'],
    [{ status: 'COMPLETED', attempt: 2 }, 'completed, attempt 2/3'],
    [{ status: 'AWAITING_INPUT' }, 'awaiting input'],
    [{ status: 'SKIPPED', attempt: 0 }, 'skipped'],
  ] as [Partial<FoldedNode>, string][])('%o: %s', (fields, words) => {
    expect(courseWords(node(fields), 3)).toBe(words);
  });
});
