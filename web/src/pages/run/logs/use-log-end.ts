// The last line there was at the moment that is looked at; undefined while that is now.

import { useEffect, useRef, useState } from 'react';
import { useModel, useRun } from '../model/use-run';
import { createLogClock } from './log-moment';

/** While the scrubber moves, the lines follow this often. */
const EVERY_MS = 120;

export function useLogEnd(): number | undefined {
  const model = useModel();
  const seq = useRun((view) => (view.isPast ? view.seq : undefined));
  const [end, setEnd] = useState<number | undefined>(undefined);
  const [clock] = useState(() => createLogClock(model.fetchLines));

  const asking = useRef<AbortController | null>(null);
  const last = useRef(0);

  useEffect(() => {
    if (seq === undefined) return;
    // A moment that moves on all the time is followed at this pace; one that has come to rest is always reached.
    const timer = setTimeout(
      () => {
        last.current = performance.now();
        asking.current?.abort();
        const stop = new AbortController();
        asking.current = stop;
        const at = model.history().at(seq);
        if (!at) return;
        clock.newestAt(Date.parse(at.occurredAt), model.logHead(), stop.signal).then(
          (newest) => {
            if (!stop.signal.aborted) setEnd(newest);
          },
          () => {}, // the list itself says when lines can't be read
        );
      },
      Math.max(0, EVERY_MS - (performance.now() - last.current)),
    );
    return () => clearTimeout(timer);
  }, [model, clock, seq]);

  useEffect(() => () => asking.current?.abort(), []);

  return seq === undefined ? undefined : end;
}
