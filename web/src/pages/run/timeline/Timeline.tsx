// Each node's attempts over time: when it ran, what it waited for, and how each attempt ended. Shares what is chosen with the graph.

import { useCallback, useSyncExternalStore } from 'react';
import { StatusMark } from '../../../design/StatusMark';
import type { FoldedNode } from '../../../fold/types';
import { isTerminal } from '../../../fold/words';
import { formatDuration } from '../../../lib/format';
import { useNow } from '../../../lib/now';
import { useSelection } from '../model/selection';
import { useModel, useSlowRun } from '../model/use-run';
import { VirtualRows } from '../rows/VirtualRows';
import { placeOf, type Scale, scaleOf, tickWords } from './scale';
import { type Attempt, clipped, type NodeSpans } from './spans';
import styles from './Timeline.module.css';
import { useCriticalPath } from './use-critical-path';

/** Bars may lag a little behind the badges. */
const EVERY_MS = 200;
const ROW_HEIGHT = 26;

export default function Timeline() {
  const model = useModel();
  const selection = useSelection();
  const chosen = useSyncExternalStore(selection.subscribe, selection.chosen);
  const path = useCriticalPath();
  const version = useSlowRun((_, { version: count }) => count(), EVERY_MS);
  const { run, seq, isPast, nodeRefs } = model.view();
  const status = run.head.status ?? 'QUEUED';
  const grows = !isPast && !isTerminal(status);
  const tick = useNow(grows);
  const moment = momentOf(model.history().at(seq)?.occurredAt ?? run.head.completedAt ?? run.head.updatedAt);
  const now = grows ? Math.max(tick, moment) : moment;
  const start = momentOf(run.head.startedAt ?? run.head.queuedAt);
  const scale = scaleOf(start, Math.max(now, start), grows);
  const spans = model.spans();

  // biome-ignore lint/correctness/useExhaustiveDependencies: spans change in place and are told by the version
  const row = useCallback(
    (index: number) => {
      const nodeRef = nodeRefs[index] ?? '';
      const node = run.nodes.get(nodeRef);
      return (
        <Row
          key={nodeRef}
          node={node}
          nodeRef={nodeRef}
          spans={spans.get(nodeRef)}
          scale={scale}
          seq={seq}
          now={now}
          isChosen={chosen === nodeRef}
          isOnPath={path.has(nodeRef)}
          onChoose={() => selection.choose(chosen === nodeRef ? undefined : nodeRef)}
        />
      );
    },
    [nodeRefs, run, spans, version, chosen, path, now, scale.start, scale.end, seq],
  );

  return (
    <section className={styles.timeline} aria-label="Timeline">
      <div className={styles.axis} aria-hidden="true">
        <span className={styles.corner}>{path.size > 0 ? 'critical path in bold' : ''}</span>
        <div className={styles.track}>
          {scale.ticks.map((at) => (
            <span key={at} className={styles.tick} style={{ left: `${placeOf(scale, scale.start + at)}%` }}>
              {tickWords(at)}
            </span>
          ))}
        </div>
      </div>
      <div className={styles.rows}>
        <VirtualRows
          count={nodeRefs.length}
          rowHeight={ROW_HEIGHT}
          isFixed
          row={row}
          label="Nodes over time"
          follow={false}
        />
      </div>
    </section>
  );
}

const momentOf = (text: string | undefined): number => (text ? Date.parse(text) : Date.now());

interface RowProps {
  readonly nodeRef: string;
  readonly node: FoldedNode | undefined;
  readonly spans: NodeSpans | undefined;
  readonly scale: Scale;
  readonly seq: number;
  readonly now: number;
  readonly isChosen: boolean;
  readonly isOnPath: boolean;
  readonly onChoose: () => void;
}

function Row({ nodeRef, node, spans, scale, seq, now, isChosen, isOnPath, onChoose }: RowProps) {
  const attempts =
    spans?.attempts.filter((attempt) => attempt.startSeq <= seq && attempt.endType !== 'NODE_SKIPPED') ?? [];
  return (
    <button
      type="button"
      className={styles.row}
      aria-pressed={isChosen}
      data-on-path={isOnPath || undefined}
      onClick={onChoose}
      data-timeline-node={nodeRef}
    >
      <span className={styles.label}>
        <StatusMark status={node?.status ?? 'PENDING'} size={13} />
        <span className={styles.name}>{nodeRef}</span>
      </span>
      <span className={styles.track}>
        {attempts.map((attempt, place) => (
          <AttemptBar
            key={attempt.startSeq}
            attempt={attempt}
            before={attempts[place - 1]}
            scale={scale}
            seq={seq}
            now={now}
          />
        ))}
      </span>
    </button>
  );
}

interface BarProps {
  readonly attempt: Attempt;
  readonly before: Attempt | undefined;
  readonly scale: Scale;
  readonly seq: number;
  readonly now: number;
}

const ENDS: Readonly<Record<string, string>> = {
  NODE_COMPLETED: 'good',
  NODE_FAILED: 'bad',
  NODE_RETRYING: 'warn',
  NODE_CANCELLED: 'quiet',
};

function AttemptBar({ attempt, before, scale, seq, now }: BarProps) {
  const shown = clipped(attempt, seq, now);
  if (!shown) return null;
  const tone = shown.isOpen ? 'busy' : (ENDS[attempt.endType ?? ''] ?? 'busy');
  const ended = before?.end;
  const words = `attempt ${attempt.attempt}: ${formatDuration(shown.end - shown.start)}${shown.isOpen ? ' so far' : ''}`;
  return (
    <>
      {ended !== undefined && (
        <span
          className={styles.pause}
          style={stretchStyle(scale, ended, shown.start)}
          title={`waited ${formatDuration(shown.start - ended)} for attempt ${attempt.attempt}`}
        />
      )}
      <span
        className={styles.bar}
        data-tone={tone}
        data-open={shown.isOpen || undefined}
        style={stretchStyle(scale, shown.start, shown.end)}
        title={words}
      >
        <span className={styles.took}>{formatDuration(shown.end - shown.start)}</span>
      </span>
      {attempt.waits.map((wait) => {
        const waited = clipped(wait, seq, now);
        return (
          waited && (
            <span
              key={wait.startSeq}
              className={styles.wait}
              style={stretchStyle(scale, waited.start, waited.end)}
              title={`waited ${formatDuration(waited.end - waited.start)} for an answer`}
            />
          )
        );
      })}
    </>
  );
}

function stretchStyle(scale: Scale, start: number, end: number): { left: string; width: string } {
  const left = placeOf(scale, start);
  return { left: `${left}%`, width: `max(3px, ${placeOf(scale, end) - left}%)` };
}
