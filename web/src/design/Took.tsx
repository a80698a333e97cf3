// How long something took, or takes: it ticks until it is over.

import { formatAgo, formatDuration, formatMoment, formatTicking } from '../lib/format';
import { useNow } from '../lib/now';

export function Took({ from, to }: { from: number | null; to: number | null }) {
  const isTicking = from !== null && to === null;
  const now = useNow(isTicking);
  if (from === null) return null;
  return (
    <span className="num" data-ticking={isTicking || undefined}>
      {isTicking ? formatTicking(now - from) : formatDuration((to ?? from) - from)}
    </span>
  );
}

/** A moment as its distance from now, the moment itself beside it. */
export function Ago({ at }: { at: number | null }) {
  const now = useNow(at !== null);
  if (at === null) return null;
  return (
    <time className="num" dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
      {formatAgo(at, now)}
    </time>
  );
}
