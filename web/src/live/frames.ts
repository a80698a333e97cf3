// The frames of the live streams, as the contract words them. Everything that arrives is one of these.

import type { WireEvent, WireLogLine, WireRunState, WireRunSummary } from '../api/wire';

export type Frame =
  | {
      type: 'hello';
      runId: string;
      headSeq: number;
      headLogSeq: number;
      delivery: 'notify' | 'poll';
      heartbeatMs: number;
    }
  | { type: 'state'; runId: string; seq: number; state: WireRunState }
  | { type: 'events'; runId: string; events: WireEvent[] }
  | { type: 'logs'; runId: string; lines: WireLogLine[] }
  | { type: 'heartbeat'; runId: string; headSeq: number; headLogSeq: number; at: string }
  | { type: 'reset'; runId: string; reason: string; fromSeq: number; fromLogSeq: number }
  | { type: 'end'; runId: string; headSeq: number; headLogSeq: number; status: string }
  | { type: 'runs'; runs: WireRunSummary[] }
  | { type: 'error'; runId: string; status: number; detail: string }
  | { type: 'error'; runId?: undefined; status: number; detail: string };

/** A frame that concerns one run. */
export type RunFrame = Extract<Frame, { runId: string }>;
