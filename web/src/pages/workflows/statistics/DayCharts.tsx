// Days side by side: how many runs ended how, and how long they took.

import type { Day } from '../../../api/history';
import { formatCount, formatDuration } from '../../../lib/format';
import styles from './Statistics.module.css';
import { bars, HEIGHT, line, WIDTH } from './shapes';

export function OutcomeChart({ days }: { days: readonly Day[] }) {
  const most = Math.max(...days.map(({ runs }) => runs), 0);
  return (
    <Chart
      title="Runs a day"
      most={formatCount(most)}
      days={days}
      words={`Runs a day, at most ${formatCount(most)}; the numbers are below.`}
    >
      {bars(days, most).map(({ day, x, width, parts }) => (
        <g key={day.day}>
          <title>{`${day.day}: ${day.runs} runs, ${day.completed} completed, ${day.failed} failed`}</title>
          {parts.map(({ tone, y, height }) => (
            <rect
              key={tone}
              className={styles.bar}
              data-tone={tone}
              x={x}
              y={y}
              width={width}
              height={height}
            />
          ))}
        </g>
      ))}
    </Chart>
  );
}

export function DurationChart({ days }: { days: readonly Day[] }) {
  const most = Math.max(...days.map(({ p95DurationMs }) => p95DurationMs ?? 0), 0);
  return (
    <Chart
      title="Duration, p50 and p95"
      most={formatDuration(most)}
      days={days}
      words={`Durations by day, p95 at most ${formatDuration(most)}; the numbers are below.`}
    >
      <path
        className={styles.line}
        data-tone="warn"
        d={line(days, ({ p95DurationMs }) => p95DurationMs, most)}
      />
      <path
        className={styles.line}
        data-tone="busy"
        d={line(days, ({ p50DurationMs }) => p50DurationMs, most)}
      />
    </Chart>
  );
}

type ChartProps = {
  title: string;
  most: string;
  words: string;
  days: readonly Day[];
  children: React.ReactNode;
};

function Chart({ title, most, words, days, children }: ChartProps) {
  return (
    <figure className={styles.chart}>
      <figcaption>
        {title}
        <span className="num">{most}</span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={words}>
        {children}
      </svg>
      <p className={`${styles.ends} num`}>
        <span>{days[0]?.day}</span>
        <span>{days.at(-1)?.day}</span>
      </p>
    </figure>
  );
}
