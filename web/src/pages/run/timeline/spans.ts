// What the timeline draws of each node: its attempts, what it waited for in them, and how they ended. Built from events in order.

import type { RunEvent } from '../../../fold/types';

/** A stretch of time between two events; open while there is no `endSeq`. Times are milliseconds. */
export interface Stretch {
  readonly startSeq: number;
  readonly start: number;
  endSeq?: number;
  end?: number;
}

export interface Attempt extends Stretch {
  readonly attempt: number;
  /** The type of the event that ended it. */
  endType?: string;
  /** While it waited for a person. */
  readonly waits: Stretch[];
}

export interface NodeSpans {
  readonly nodeRef: string;
  readonly attempts: Attempt[];
  /** How many attempts it has at most, where a retry has told. */
  attemptsMax?: number;
}

export type Spans = Map<string, NodeSpans>;

const ENDS: ReadonlySet<string> = new Set([
  'NODE_COMPLETED',
  'NODE_FAILED',
  'NODE_RETRYING',
  'NODE_SKIPPED',
  'NODE_CANCELLED',
]);
const COURSE: ReadonlySet<string> = new Set([
  ...ENDS,
  'NODE_STARTED',
  'NODE_PROGRESS',
  'NODE_AWAITING_INPUT',
  'NODE_INPUT_RECEIVED',
]);

/** Adds an event; gives the node whose spans it changed. */
export function addEvent(spans: Spans, event: RunEvent): string | undefined {
  const { nodeRef, type } = event;
  if (!nodeRef || !COURSE.has(type) || event.metadata?.late) return undefined;
  const at = Date.parse(event.occurredAt);
  const attempt = attemptOf(spans, nodeRef, event, at);
  const wait = attempt.waits.at(-1);
  if (wait && wait.endSeq === undefined && type !== 'NODE_PROGRESS' && type !== 'NODE_AWAITING_INPUT')
    close(wait, event.seq, at);
  if (type === 'NODE_AWAITING_INPUT' && (!wait || wait.endSeq !== undefined))
    attempt.waits.push({ startSeq: event.seq, start: at });
  if (type === 'NODE_RETRYING') noteLimit(spans.get(nodeRef), event.data);
  if (ENDS.has(type)) {
    close(attempt, event.seq, at);
    attempt.endType = type;
  }
  return nodeRef;
}

function attemptOf(spans: Spans, nodeRef: string, event: RunEvent, at: number): Attempt {
  let node = spans.get(nodeRef);
  if (!node) {
    node = { nodeRef, attempts: [] };
    spans.set(nodeRef, node);
  }
  const number = event.attempt ?? 1;
  const last = node.attempts.at(-1);
  // A retry may begin again under the number it had.
  if (last && last.attempt === number && !(last.endType === 'NODE_RETRYING' && event.type === 'NODE_STARTED'))
    return last;
  const attempt: Attempt = { attempt: number, startSeq: event.seq, start: at, waits: [] };
  node.attempts.push(attempt);
  return attempt;
}

function noteLimit(node: NodeSpans | undefined, data: unknown): void {
  const attempts = (data as { attempts?: unknown } | null | undefined)?.attempts;
  if (node && typeof attempts === 'number') node.attemptsMax = attempts;
}

function close(stretch: Stretch, seq: number, at: number): void {
  stretch.endSeq = seq;
  stretch.end = Math.max(at, stretch.start);
}

/** The stretch as it was at `seq`, whose time was `now`; undefined where it had not begun. */
export function clipped(
  stretch: Stretch,
  seq: number,
  now: number,
): { start: number; end: number; isOpen: boolean } | undefined {
  if (stretch.startSeq > seq) return undefined;
  const isOpen = stretch.endSeq === undefined || stretch.endSeq > seq;
  return {
    start: stretch.start,
    end: isOpen ? Math.max(now, stretch.start) : (stretch.end ?? stretch.start),
    isOpen,
  };
}

/** When the node was last seen to end, by `seq`; undefined while it has not. */
export function endOf(node: NodeSpans | undefined, seq: number): number | undefined {
  const last = node?.attempts.findLast((attempt) => attempt.startSeq <= seq);
  return last?.endSeq !== undefined && last.endSeq <= seq ? last.end : undefined;
}
