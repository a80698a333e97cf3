// The events of a run that the page has, and its state at any of them.
//
// Events come in order and without gaps; each is folded once. Every few hundred events the state is kept, so that any earlier
// moment is a short fold away. What is kept is bounded: the oldest events go first, and `firstSeq` tells where the rest begins.

import { apply, type Effect, emptyRun, snapshot } from '../../../fold/run';
import type { FoldedRun, RunEvent } from '../../../fold/types';

/** Between two kept states: a fold over this many events takes well under a frame. */
const CHECKPOINT_EVERY = 500;
/** About a kilobyte each; a tab lives well with some hundred megabytes, and few runs are longer. */
const EVENTS_MAX = 200_000;
/** Trimmed in one go, so that the array is moved seldom. */
const TRIM_BLOCK = 20_000;

export interface History {
  /** The state after the newest event; changed in place. */
  readonly run: FoldedRun;
  readonly firstSeq: number;
  readonly headSeq: number;
  /** Takes the next events; those that are here already are passed over. Gives the ones that were new. */
  append: (events: readonly RunEvent[]) => RunEvent[];
  at: (seq: number) => RunEvent | undefined;
  /** The event list from firstSeq on; grows in place. */
  readonly events: readonly RunEvent[];
  /** The state as of `seq`; undefined where that is not kept. */
  stateAt: (seq: number) => FoldedRun | undefined;
}

export class SequenceGap extends Error {}

export function createHistory(): History {
  const run = emptyRun();
  const events: RunEvent[] = [];
  const checkpoints: FoldedRun[] = [emptyRun()];
  let base = 0;
  let near: FoldedRun | undefined; // where the last question was answered: playing asks for the next one

  function take(event: RunEvent): Effect {
    const effect = apply(run, event);
    events.push(event);
    if (event.seq % CHECKPOINT_EVERY === 0) checkpoints.push(snapshot(run));
    return effect;
  }

  function trim(): void {
    if (events.length < EVENTS_MAX + TRIM_BLOCK) return;
    const surplus = events.length - EVENTS_MAX;
    const removed = events.splice(0, surplus);
    base += surplus;
    // What is kept begins with a state that can be folded on from.
    const first = checkpoints.findLastIndex((state) => state.head.headSeq <= base);
    const begin = checkpoints[first];
    if (!begin) return;
    const state = snapshot(begin);
    checkpoints.splice(0, first + 1, state);
    for (const event of removed) if (event.seq > state.head.headSeq) apply(state, event);
  }

  return {
    run,
    events,
    get firstSeq() {
      return base + 1;
    },
    get headSeq() {
      return base + events.length;
    },
    at: (seq) => events[seq - base - 1],
    append(incoming) {
      const fresh: RunEvent[] = [];
      for (const event of incoming) {
        const head = base + events.length;
        if (event.seq <= head) continue;
        if (event.seq > head + 1) throw new SequenceGap(`expected seq ${head + 1}, got ${event.seq}`);
        take(event);
        fresh.push(event);
      }
      trim();
      return fresh;
    },
    stateAt(seq) {
      if (seq < base || seq > base + events.length) return undefined;
      const kept = checkpoints.findLast((state) => state.head.headSeq <= seq);
      if (!kept) return undefined;
      const isNear = near && near.head.headSeq <= seq && near.head.headSeq >= kept.head.headSeq;
      const state = isNear && near ? near : snapshot(kept);
      for (let next = state.head.headSeq + 1; next <= seq; next += 1) {
        const event = events[next - base - 1];
        if (event) apply(state, event);
      }
      near = state;
      return snapshot(state);
    },
  };
}
