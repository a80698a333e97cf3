// What is known of the nodes' output beside the lines themselves: how much there is, the last line, and which streams are closed.

import type { WireLogLine, WireRunState } from '../../../api/wire';
import type { RunEvent } from '../../../fold/types';

export interface NodeOutput {
  readonly lines: number;
  readonly lastLine: string | undefined;
}

/** A stream that will get no more lines, as its NODE_LOG_CLOSED tells. */
export interface ClosedStream {
  readonly nodeRef: string;
  readonly attempt: number;
  readonly stream: string;
  readonly lines: number;
  readonly bytes: number;
  readonly seq: number;
}

export interface Output {
  readonly of: (nodeRef: string) => NodeOutput;
  readonly closed: ReadonlyMap<string, ClosedStream>;
  /** Takes the counts that the server told, once. */
  readonly begin: (state: WireRunState) => void;
  readonly addLines: (lines: readonly WireLogLine[]) => void;
  readonly addEvent: (event: RunEvent) => void;
}

const NONE: NodeOutput = { lines: 0, lastLine: undefined };

export function createOutput(): Output {
  const nodes = new Map<string, NodeOutput>();
  const closed = new Map<string, ClosedStream>();
  const of = (nodeRef: string) => nodes.get(nodeRef) ?? NONE;

  function closedLines(nodeRef: string): number {
    let lines = 0;
    for (const stream of closed.values()) if (stream.nodeRef === nodeRef) lines += stream.lines;
    return lines;
  }

  return {
    of,
    closed,
    begin(state) {
      for (const { nodeRef, counts, lastLogLine } of state.nodes) {
        const known = of(nodeRef);
        nodes.set(nodeRef, {
          lines: Math.max(known.lines, counts.logLines),
          lastLine: known.lastLine ?? lastLogLine ?? undefined,
        });
      }
    },
    addLines(lines) {
      const added = new Map<string, { lines: number; lastLine: string }>();
      for (const { nodeRef, text } of lines) {
        const entry = added.get(nodeRef);
        added.set(nodeRef, { lines: (entry?.lines ?? 0) + 1, lastLine: text });
      }
      for (const [nodeRef, entry] of added)
        nodes.set(nodeRef, { lines: of(nodeRef).lines + entry.lines, lastLine: entry.lastLine });
    },
    addEvent(event) {
      const { nodeRef } = event;
      if (event.type !== 'NODE_LOG_CLOSED' || !nodeRef) return;
      const {
        stream = '',
        lines = 0,
        bytes = 0,
      } = (event.data ?? {}) as { stream?: string; lines?: number; bytes?: number };
      const attempt = event.attempt ?? 1;
      closed.set(JSON.stringify([nodeRef, attempt, stream]), {
        nodeRef,
        attempt,
        stream,
        lines,
        bytes,
        seq: event.seq,
      });
      const total = closedLines(nodeRef);
      if (total > of(nodeRef).lines) nodes.set(nodeRef, { ...of(nodeRef), lines: total });
    },
  };
}
