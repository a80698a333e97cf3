// The fold against what the server's fold says; `vectors.json` is written by tests/suite/fold_vectors.rs.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { apply, emptyRun, progressOf, snapshot, statusOf } from './run';
import type { RunEvent } from './types';

interface Step {
  event: RunEvent;
  effect: string;
  status: string;
  progress: unknown;
  state: { nodes: Record<string, unknown>[] };
}

const stories: { name: string; steps: Step[] }[] = JSON.parse(readFileSync('src/fold/vectors.json', 'utf8'));

describe('the fold', () => {
  it.each(stories)('follows the server: $name', ({ steps }) => {
    const run = emptyRun();
    for (const step of steps) {
      const before = snapshot(run);
      const unchanged = structuredClone(before);
      expect(apply(run, step.event), `effect of seq ${step.event.seq}`).toBe(step.effect);
      const state = { ...run, nodes: [...run.nodes.values()] };
      // The server leaves out an empty `needs`.
      const expected = { ...step.state, nodes: step.state.nodes.map((node) => ({ needs: [], ...node })) };
      expect(JSON.parse(JSON.stringify(state)), `state after seq ${step.event.seq}`).toEqual(expected);
      expect([statusOf(run), progressOf(run.head)]).toEqual([step.status, step.progress]);
      expect(before, 'a state that was kept has changed').toEqual(unchanged);
    }
  });

  it('has examples enough to mean something', () => {
    const types = new Set(stories.flatMap(({ steps }) => steps.map(({ event }) => event.type)));
    expect(types.size).toBe(23);
    expect(stories.length).toBeGreaterThan(15);
  });
});
