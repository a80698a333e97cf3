// The last runs of a workflow at a glance: oldest left, newest right, as high as they took long. What is not well has a dot
// above it, what is not over is hollow, so that it can be read without its colours.

import { useNavigate } from 'react-router';
import type { Run } from '../../api/model';
import { formatDuration } from '../../lib/format';
import { paths } from '../../lib/paths';
import { isEnded, statusWords, toneOf } from '../../lib/status';
import styles from './RunTicks.module.css';

const STEP = 9;
const WIDTH = 6;
const HEIGHT = 26;
/** Above the bars, for the dots. */
const HEAD = 6;
const LEAST = 4;

type Props = { runs: readonly Run[]; count: number };

export function RunTicks({ runs, count }: Props) {
  const navigate = useNavigate();
  const shown = runs.slice(0, count).reverse();
  // One that hangs for days must not flatten all others.
  const longest = Math.max(1, ...shown.filter(({ status }) => isEnded(status)).map(tookOf));
  return (
    <svg
      className={styles.ticks}
      viewBox={`0 0 ${count * STEP} ${HEIGHT}`}
      width={count * STEP}
      height={HEIGHT}
      role="img"
      aria-label={inWords(shown)}
    >
      {shown.map((run, index) => {
        const tone = toneOf(run.status);
        const height =
          LEAST + Math.round(Math.sqrt(Math.min(1, tookOf(run) / longest)) * (HEIGHT - HEAD - LEAST));
        const x = (count - shown.length + index) * STEP + 1;
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for pointers; the list has every run as a link
          <g
            key={run.runId}
            data-tone={tone}
            className={styles.tick}
            onClick={() => void navigate(paths.run(run.runId))}
          >
            <title>{`${run.runId}: ${statusWords(run.status)}, ${formatDuration(tookOf(run))}`}</title>
            <rect className={styles.reach} x={x - 1} y="0" width={STEP} height={HEIGHT} />
            <rect
              className={isEnded(run.status) ? styles.bar : styles.hollow}
              x={x}
              y={HEIGHT - height}
              width={WIDTH}
              height={height - 0.5}
              rx="1.5"
            />
            {(tone === 'bad' || tone === 'warn') && (
              <circle className={styles.bar} cx={x + WIDTH / 2} cy={HEIGHT - height - 3.5} r="1.8" />
            )}
          </g>
        );
      })}
    </svg>
  );
}

function tookOf({ startedAt, completedAt, updatedAt }: Run): number {
  if (startedAt === null) return 0;
  return Math.max(0, (completedAt ?? updatedAt ?? startedAt) - startedAt);
}

function inWords(runs: readonly Run[]): string {
  const counts = new Map<string, number>();
  for (const { status } of runs) counts.set(status, (counts.get(status) ?? 0) + 1);
  const words = [...counts].map(([status, count]) => `${count} ${statusWords(status)}`);
  return `The last ${runs.length} runs: ${words.join(', ')}`;
}
