// The scrubber: any moment of the run, one step on or back, played at any speed, and the way back to what is now.

import { Button } from '../../../design/Button';
import { statusOf } from '../../../fold/run';
import { isTerminal } from '../../../fold/words';
import { formatClock, formatCount } from '../../../lib/format';
import { useModel, useSlowRun } from '../model/use-run';
import { SPEEDS } from './player';
import styles from './ReplayBar.module.css';
import { useReplay } from './use-replay';

const EVERY_MS = 33;

export function ReplayBar() {
  const model = useModel();
  const replay = useReplay();
  const view = useSlowRun((now) => now, EVERY_MS);
  const { seq, headSeq, isPast } = view;
  const { firstSeq } = model.history();
  const event = model.history().at(seq);
  const isOver = isTerminal(statusOf(model.history().run));
  const words = `event ${formatCount(seq)} of ${formatCount(headSeq)}`;
  return (
    <section className={styles.bar} aria-label="Replay" data-past={isPast || undefined}>
      <Button
        look="bare"
        aria-label={replay.isPlaying ? 'Pause' : 'Play'}
        onClick={replay.isPlaying ? replay.pause : replay.play}
        disabled={headSeq < 2}
      >
        <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true" fill="currentColor">
          <path d={replay.isPlaying ? 'M2 1h3v10H2zM7 1h3v10H7z' : 'M2 1l9 5-9 5z'} />
        </svg>
      </Button>
      <Button
        look="bare"
        aria-label="One event back"
        onClick={() => replay.goTo(seq - 1)}
        disabled={seq <= firstSeq}
      >
        ‹
      </Button>
      <Button look="bare" aria-label="One event on" onClick={() => replay.goTo(seq + 1)} disabled={!isPast}>
        ›
      </Button>
      <input
        type="range"
        className={styles.range}
        min={firstSeq}
        max={Math.max(headSeq, firstSeq)}
        value={seq}
        onChange={({ target }) => replay.goTo(Number(target.value))}
        aria-label="Moment of the run"
        aria-valuetext={words}
        data-scrubber=""
      />
      <span className={`${styles.where} num`}>
        {seq}/{headSeq}
        <span className={styles.clock}>{event ? formatClock(Date.parse(event.occurredAt)) : ''}</span>
      </span>
      <label className={styles.speed}>
        <span className="unseen">Speed</span>
        <select value={replay.speed} onChange={({ target }) => replay.setSpeed(Number(target.value))}>
          {SPEEDS.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <Button
        look={isPast ? 'primary' : 'bare'}
        onClick={replay.goLive}
        disabled={!isPast}
        className={styles.live ?? ''}
        data-live={(!isPast && !isOver) || undefined}
      >
        {isPast ? (isOver ? 'To the end' : 'Go live') : isOver ? 'At the end' : '● Live'}
      </Button>
    </section>
  );
}
