// What a card has no room for: how long, the last message and the last line of output. Beside the card that the pointer is over.

import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { formatDuration, formatTicking } from '../../../lib/format';
import { useNow } from '../../../lib/now';
import { folded, plain } from '../logs/line-text';
import { type Pointed, usePointed } from '../model/selection';
import { useNode, useNodeOutput, useRun } from '../model/use-run';
import styles from './NodeTip.module.css';

const DELAY_MS = 250;
const WIDTH = 320;
const ROOM = 150;

export function NodeTip() {
  const pointed = usePointed();
  const [shown, setShown] = useState<Pointed | undefined>(undefined);
  useEffect(() => {
    if (!pointed) return setShown(undefined);
    const timer = setTimeout(() => setShown(pointed), DELAY_MS);
    return () => clearTimeout(timer);
  }, [pointed]);
  return shown ? createPortal(<Tip pointed={shown} />, document.body) : null;
}

function Tip({ pointed: { nodeRef, box } }: { readonly pointed: Pointed }) {
  const node = useNode(nodeRef);
  const { lastLine } = useNodeOutput(nodeRef);
  const isPast = useRun((view) => view.isPast);
  const now = useNow(node?.startedAt !== undefined && node.completedAt === undefined && !isPast);
  if (!node) return null;
  const left = Math.max(8, Math.min(box.left, innerWidth - WIDTH - 8));
  const isBelow = box.bottom + ROOM < innerHeight;
  const start = node.startedAt && Date.parse(node.startedAt);
  const end = node.completedAt ? Date.parse(node.completedAt) : undefined;
  return (
    <div
      className={styles.tip}
      role="tooltip"
      style={{ left, ...(isBelow ? { top: box.bottom + 6 } : { bottom: innerHeight - box.top + 6 }) }}
    >
      <strong>{nodeRef}</strong>
      {start && (
        <span className="num">
          {' '}
          {end ? formatDuration(end - start) : isPast ? '' : formatTicking(now - start)}
        </span>
      )}
      {node.error ? (
        <p className={styles.bad}>{node.error.message}</p>
      ) : (
        node.message && <p>{node.message}</p>
      )}
      {lastLine && !isPast && <pre>{plain(folded(lastLine)).slice(0, 400)}</pre>}
    </div>
  );
}
