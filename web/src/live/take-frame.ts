// What a frame does to what is known of a run. Pure: the feed holds the result, and tells it once a drawn frame.

import type { WireEvent, WireLogLine } from '../api/wire';
import type { RunFrame } from './frames';
import type { FeedSnapshot } from './run-feed';

export type Taken = { next: Partial<FeedSnapshot>; events?: WireEvent[]; lines?: WireLogLine[] };

/** `again` says that the connection was lost since the frame before. */
export function takeFrame(known: FeedSnapshot, frame: RunFrame, again: boolean): Taken {
  switch (frame.type) {
    case 'hello':
      return { next: greeted(known, frame, again) };
    case 'events':
      return takeEvents(known, frame.events);
    case 'logs':
      return takeLines(known, frame.lines);
    case 'heartbeat':
      return { next: { headSeq: frame.headSeq, headLogSeq: frame.headLogSeq } };
    case 'reset': {
      const { reason, fromSeq, fromLogSeq } = frame;
      return { next: { reset: { reason, fromSeq }, seq: fromSeq - 1, logSeq: fromLogSeq - 1 } };
    }
    case 'end':
      return { next: { phase: 'ended', headSeq: frame.headSeq, headLogSeq: frame.headLogSeq } };
    case 'error':
      return { next: { phase: 'refused', refusal: { status: frame.status, detail: frame.detail } } };
    case 'state':
      return { next: {} };
  }
}

function greeted(
  known: FeedSnapshot,
  { headSeq, headLogSeq }: Extract<RunFrame, { type: 'hello' }>,
  again: boolean,
): Partial<FeedSnapshot> {
  const heads = { phase: 'live', headSeq, headLogSeq } as const;
  if (again) return { ...heads, resumed: { atSeq: known.seq, gaps: 0 } };
  // Where following began at a head, it is known only now where that was.
  const seq = known.seq < 0 ? headSeq : known.seq;
  const logSeq = known.logSeq < 0 ? headLogSeq : known.logSeq;
  return { ...heads, seq, logSeq, logFrom: logSeq };
}

function takeEvents(known: FeedSnapshot, arrived: readonly WireEvent[]): Taken {
  const events = arrived.filter(({ seq }) => seq > known.seq);
  const first = events[0];
  const last = events.at(-1);
  if (!first || !last) return { next: {} };
  const isFirstEver = known.firstSeq === 0;
  const missed = first.seq - known.seq - 1;
  const resumed =
    known.resumed && missed > 0 ? { ...known.resumed, gaps: known.resumed.gaps + missed } : known.resumed;
  return {
    events,
    next: {
      seq: last.seq,
      firstSeq: isFirstEver ? first.seq : known.firstSeq,
      headSeq: Math.max(known.headSeq, last.seq),
      resumed,
    },
  };
}

function takeLines(known: FeedSnapshot, arrived: readonly WireLogLine[]): Taken {
  const lines = arrived.filter(({ logSeq }) => logSeq > known.logSeq);
  const last = lines.at(-1);
  if (!last) return { next: {} };
  return { lines, next: { logSeq: last.logSeq, headLogSeq: Math.max(known.headLogSeq, last.logSeq) } };
}
