// The run's events up to the moment that is looked at: filtered by node and level, each to be opened for all that it says.

import { useCallback, useMemo, useState } from 'react';
import type { RunEvent } from '../../../fold/types';
import { formatCount } from '../../../lib/format';
import { useRunAddress } from '../address';
import { useModel, useSlowRun } from '../model/use-run';
import { VirtualRows } from '../rows/VirtualRows';
import { EventRow } from './EventRow';
import styles from './EventsPane.module.css';

/** New events appear this often; a flood of them is drawn in parts. */
const EVERY_MS = 100;
const ROW_HEIGHT = 26;
const LOUDNESS: Readonly<Record<string, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

export default function EventsPane() {
  const model = useModel();
  const [{ node, attempt, level }, change] = useRunAddress();
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [follow, setFollow] = useState(true);
  const [kind, setKind] = useState('');
  const version = useSlowRun((_, { version: count }) => count(), EVERY_MS);
  const { seq } = model.view();

  // biome-ignore lint/correctness/useExhaustiveDependencies: events are added in place and told by the version
  const events = useMemo(() => {
    const { events: all, firstSeq } = model.history();
    const last = seq - firstSeq + 1;
    const least = LOUDNESS[level ?? 'debug'] ?? 0;
    const isMeant = (event: RunEvent) =>
      (node === undefined || event.nodeRef === node) &&
      (attempt === undefined || event.attempt === attempt) &&
      (LOUDNESS[event.level] ?? 1) >= least &&
      (kind === '' || event.type.startsWith(kind));
    const isAll = node === undefined && attempt === undefined && least === 0 && kind === '';
    return isAll ? all.slice(0, last) : all.slice(0, last).filter(isMeant);
  }, [model, version, seq, node, attempt, level, kind]);

  const toggle = useCallback(
    (which: number) =>
      setOpen((before) => {
        const next = new Set(before);
        if (!next.delete(which)) next.add(which);
        return next;
      }),
    [],
  );
  const row = useCallback(
    (index: number) => {
      const event = events[index];
      return (
        event && <EventRow key={event.seq} event={event} isOpen={open.has(event.seq)} onToggle={toggle} />
      );
    },
    [events, open, toggle],
  );

  const { firstSeq } = model.history();
  return (
    <section className={styles.pane} aria-label="List of events">
      <div className={styles.toolbar}>
        <select
          aria-label="Level"
          value={level ?? ''}
          onChange={({ target }) => change({ level: target.value })}
        >
          <option value="">All levels</option>
          <option value="info">Without debug</option>
          <option value="warn">Warnings and errors</option>
          <option value="error">Errors</option>
        </select>
        <select aria-label="Kind" value={kind} onChange={({ target }) => setKind(target.value)}>
          <option value="">All kinds</option>
          <option value="RUN_">The run</option>
          <option value="NODE_">Nodes</option>
          <option value="NODE_PROGRESS">Progress</option>
          <option value="NODE_LOG">Closed output</option>
          <option value="ARTIFACT_">Artifacts</option>
          <option value="HTTP_">HTTP</option>
          <option value="NOTE">Notes</option>
        </select>
        <span className={`${styles.count} num`}>
          {formatCount(events.length)} {events.length === 1 ? 'event' : 'events'}
          {firstSeq > 1 && `, from ${formatCount(firstSeq)} on`}
        </span>
      </div>
      <div className={styles.rows}>
        <VirtualRows
          count={events.length}
          rowHeight={ROW_HEIGHT}
          isFixed={open.size === 0}
          row={row}
          label="Events"
          follow={follow && open.size === 0}
          onFollow={setFollow}
        />
        {events.length === 0 && (
          <p className={styles.none}>
            No event{node ? ` of ${node}` : ''} fits{level || kind ? ' these filters' : ' yet'}.
          </p>
        )}
      </div>
    </section>
  );
}
