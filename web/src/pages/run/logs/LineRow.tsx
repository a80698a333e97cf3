// One line of output: its number, a click on which puts it into the address, when and where it came from, and its text.

import { memo } from 'react';
import { formatClock } from '../../../lib/format';
import styles from './Lines.module.css';
import { LineText } from './LineText';
import type { LogLine } from './line';

export interface LineLook {
  readonly showsNode: boolean;
  readonly showsTime: boolean;
  readonly pattern: RegExp | undefined;
  /** Puts a line, or the stretch to it, into the address. */
  readonly onPick: (logSeq: number, extend: boolean) => void;
}

interface Props {
  readonly line: LogLine;
  readonly look: LineLook;
  readonly isPicked: boolean;
}

export const LineRow = memo(function LineRow({ line, look, isPicked }: Props) {
  return (
    <div
      className={styles.row}
      data-stream={line.stream}
      data-log-seq={line.logSeq}
      data-picked={isPicked || undefined}
    >
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard's way to a line is the field below the list */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: see above; thousands of buttons would be in the way */}
      <span className={styles.number} onClick={({ shiftKey }) => look.onPick(line.logSeq, shiftKey)}>
        {line.logSeq}
      </span>
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
