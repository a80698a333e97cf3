// One line of output: its number, which is its permalink, when and where it came from, and its text.

import { type MouseEvent, memo } from 'react';
import { formatClock } from '../../../lib/format';
import styles from './Lines.module.css';
import { LineText } from './LineText';
import type { LogLine } from './line';

export interface LineLook {
  readonly showsNode: boolean;
  readonly showsTime: boolean;
  readonly pattern: RegExp | undefined;
  /** The address of a line, by its logSeq. */
  readonly linkTo: (logSeq: number) => string;
  readonly onPick: (logSeq: number, extend: boolean) => void;
}

interface Props {
  readonly line: LogLine;
  readonly look: LineLook;
  readonly isPicked: boolean;
}

export const LineRow = memo(function LineRow({ line, look, isPicked }: Props) {
  const pick = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey) return; // a new tab, as with any link
    event.preventDefault();
    look.onPick(line.logSeq, event.shiftKey);
  };
  return (
    <div
      className={styles.row}
      data-stream={line.stream}
      data-log-seq={line.logSeq}
      data-picked={isPicked || undefined}
    >
      <a
        className={styles.number}
        href={look.linkTo(line.logSeq)}
        onClick={pick}
        aria-label={`Line ${line.logSeq}`}
      >
        {line.logSeq}
      </a>
      {look.showsTime && <span className={styles.time}>{formatClock(Date.parse(line.at))}</span>}
      {look.showsNode && (
        <span className={styles.node} title={`${line.nodeRef}, attempt ${line.attempt}`}>
          {line.nodeRef}
          {line.attempt > 1 ? `#${line.attempt}` : ''}
        </span>
      )}
      <span className={styles.stream} title={line.stream}>
        {line.stream === 'stderr' ? 'err' : ''}
      </span>
      <LineText text={line.text} pattern={look.pattern} />
    </div>
  );
});

/** A line that is on its way. */
export function LineGap({ logSeq }: { readonly logSeq: number | undefined }) {
  return (
    <div className={styles.row} data-gap="">
      <span className={styles.number}>{logSeq}</span>
      <span className={styles.text}> </span>
    </div>
  );
}
