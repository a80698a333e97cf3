// Says for a while that a lost connection is back, where it went on, and that nothing is missing.

import { useEffect, useState } from 'react';
import { StatusMark } from '../design/StatusMark';
import { onResumed, type Resumed } from '../live/resumed';
import styles from './ResumedNotice.module.css';

const SHOWN_MS = 15_000;

export function ResumedNotice() {
  const [resumed, setResumed] = useState<Resumed | null>(null);
  useEffect(() => onResumed(setResumed), []);
  useEffect(() => {
    if (!resumed) return undefined;
    const timer = setTimeout(() => setResumed(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [resumed]);
  return (
    <div className={styles.place} role="status">
      {resumed && (
        <p className={styles.notice} data-resumed={resumed.runId}>
          <StatusMark status={resumed.gaps === 0 ? 'COMPLETED' : 'FAILED'} size={14} />
          <span className="num">
            resumed at seq {resumed.atSeq}, {resumed.gaps} {resumed.gaps === 1 ? 'gap' : 'gaps'}
          </span>
        </p>
      )}
    </div>
  );
}
