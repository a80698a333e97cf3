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

const STREAMS = 2; // stdout and stderr
const NONE: NodeOutput = { lines: 0, lastLine: undefined };

export function createOutput(): Output {
  const nodes = new Map<string, NodeOutput>();
  const closed = new Map<string, ClosedStream>();
  const of = (nodeRef: string) => nodes.get(nodeRef) ?? NONE;

  /** The lines of all closed streams of the node, and whether the attempt has no stream left that could say more. */
  function closedOf(nodeRef: string, attempt: number): { lines: number; isWhole: boolean } {
    let lines = 0;
    let streams = 0;
    for (const stream of closed.values()) {
      if (stream.nodeRef !== nodeRef) continue;
      lines += stream.lines;
      if (stream.attempt === attempt) streams += 1;
    }
    return { lines, isWhole: streams === STREAMS };
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
      // Lines that were counted while the page opened may have been counted twice; this count is the server's.
      const total = closedOf(nodeRef, attempt);
      if (total.isWhole || total.lines > of(nodeRef).lines)
        nodes.set(nodeRef, { ...of(nodeRef), lines: total.lines });
    },
  };
}
