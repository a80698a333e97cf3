// What each attempt of a node was given and what it gave, gathered from its events. Pure.

import type { RunEvent } from '../../../fold/types';
import { statusWords } from '../../../lib/status';

export interface AttemptData {
  readonly attempt: number;
  /** By their labels, in the order they came. */
  readonly parts: readonly (readonly [string, unknown])[];
  readonly error: unknown;
  /** How it ended, in a word. */
  readonly end: string;
}

const LABELS: Readonly<Record<string, string>> = {
  NODE_STARTED: 'started with',
  NODE_AWAITING_INPUT: 'asked',
  NODE_INPUT_RECEIVED: 'answered',
  NODE_COMPLETED: 'completed with',
  NODE_SKIPPED: 'skipped because',
  NODE_RETRYING: 'retry',
};

/** Newest attempt first, up to `seq`. */
export function attemptsOf(events: readonly RunEvent[], nodeRef: string, seq: number): AttemptData[] {
  const attempts = new Map<
    number,
    { attempt: number; parts: [string, unknown][]; error: unknown; end: string }
  >();
  for (const event of events) {
    if (event.seq > seq) break;
    if (
      event.nodeRef !== nodeRef ||
      !event.type.startsWith('NODE_') ||
      event.type === 'NODE_PROGRESS' ||
      event.type === 'NODE_LOG_CLOSED'
    )
      continue;
    const number = event.attempt ?? 1;
    const entry = attempts.get(number) ?? { attempt: number, parts: [], error: undefined, end: '' };
    attempts.set(number, entry);
    const { inputs, ...rest } = (
      typeof event.data === 'object' && event.data !== null ? event.data : {}
    ) as Record<string, unknown>;
    if (inputs !== undefined) entry.parts.push(['inputs', inputs]);
    if (Object.keys(rest).length > 0)
      entry.parts.push([LABELS[event.type] ?? statusWords(event.type.slice('NODE_'.length)), rest]);
    if (event.outputSummary !== null && event.outputSummary !== undefined)
      entry.parts.push(['output', event.outputSummary]);
    if (event.error !== null && event.error !== undefined) entry.error = event.error;
    entry.end = statusWords(event.type.slice('NODE_'.length));
  }
  return [...attempts.values()].reverse();
}
