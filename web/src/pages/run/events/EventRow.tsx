// One event on a line, and opened all that it says.

import { lazy, memo, Suspense } from 'react';
import type { RunEvent } from '../../../fold/types';
import { formatClock, formatMoment } from '../../../lib/format';
import { ErrorDetails } from '../data/ErrorDetails';
import styles from './EventsPane.module.css';

const JsonTree = lazy(() => import('../data/JsonTree'));

interface Props {
  readonly event: RunEvent;
  readonly isOpen: boolean;
  readonly onToggle: (seq: number) => void;
}

const MARKS: Readonly<Record<string, string>> = { error: '✕', warn: '!', info: '', debug: '·' };

export const EventRow = memo(function EventRow({ event, isOpen, onToggle }: Props) {
  const { seq, type, nodeRef, attempt, level, message, error } = event;
  const said = message ?? (error as { message?: string } | null)?.message ?? summary(event);
  return (
    <div className={styles.event} data-seq={seq} data-level={level} data-type={type}>
      <button type="button" className={styles.line} aria-expanded={isOpen} onClick={() => onToggle(seq)}>
        <span className={styles.seq}>{seq}</span>
        <span className={styles.at}>{formatClock(Date.parse(event.occurredAt))}</span>
        <span className={`${styles.mark} ${styles.loud}`} title={level}>
          {MARKS[level] ?? ''}
        </span>
        <span className={`${styles.type} ${styles.loud}`}>{type}</span>
        <span className={styles.node}>
          {nodeRef && `${nodeRef}${(attempt ?? 1) > 1 ? `#${attempt}` : ''}`}
        </span>
        <span className={styles.said}>{said}</span>
        {event.metadata?.late === true && <span className={styles.late}>late</span>}
      </button>
      {isOpen && <Details event={event} />}
    </div>
  );
});

function Details({ event }: { readonly event: RunEvent }) {
  const { message, error, data, outputSummary, metadata, occurredAt, recordedAt } = event;
  return (
    <div className={styles.details}>
      <p className={styles.times}>
        occurred {formatMoment(Date.parse(occurredAt))}, recorded {formatMoment(Date.parse(recordedAt))}
      </p>
      {message && <p className={styles.message}>{message}</p>}
      {isThere(error) && <ErrorDetails error={error} />}
      <Suspense fallback={<p>…</p>}>
        {isThere(data) && <JsonTree label="data" value={data} />}
        {isThere(outputSummary) && <JsonTree label="outputSummary" value={outputSummary} />}
        {metadata && Object.keys(metadata).length > 0 && <JsonTree label="metadata" value={metadata} />}
      </Suspense>
    </div>
  );
}

const isThere = (value: unknown): boolean => value !== null && value !== undefined;

/** What an event without a message is about. */
function summary({ type, data, outputSummary }: RunEvent): string {
  const said = (data ?? {}) as Record<string, unknown>;
  if (type === 'NODE_LOG_CLOSED') return `${said.stream}: ${said.lines} lines, ${said.bytes} bytes`;
  if (type === 'ARTIFACT_RECORDED') return String(said.name ?? '');
  if (type === 'NODE_PROGRESS' && said.completed !== undefined)
    return `${said.completed}${said.total === undefined ? '' : ` of ${said.total}`}`;
  const shown = isThere(outputSummary) ? outputSummary : data;
  return isThere(shown) ? JSON.stringify(shown).slice(0, 200) : '';
}
