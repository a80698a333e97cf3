// How the workflow has fared: figures, and days as small charts with their numbers beside them.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Day, type Statistics as Figures, readStatistics } from '../../../api/history';
import { Select } from '../../../design/Select';
import { Table } from '../../../design/Table';
import { formatCount, formatDuration } from '../../../lib/format';
import { Part, Reading } from '../../Part';
import parts from '../../Part.module.css';
import { DurationChart, OutcomeChart } from './DayCharts';
import styles from './Statistics.module.css';

const SPANS = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
] as const;
type Span = (typeof SPANS)[number]['value'];

const duration = (ms: number | null | undefined): string =>
  typeof ms === 'number' ? formatDuration(ms) : '–';

const COLUMNS = [
  { head: 'Day', cell: ({ day }: Day) => day },
  { head: 'Runs', kind: 'number' as const, cell: ({ runs }: Day) => formatCount(runs) },
  { head: 'Completed', kind: 'number' as const, cell: ({ completed }: Day) => formatCount(completed) },
  { head: 'Failed', kind: 'number' as const, cell: ({ failed }: Day) => formatCount(failed) },
  { head: 'Half are faster than', kind: 'number' as const, cell: (day: Day) => duration(day.p50DurationMs) },
  { head: '95 % are', kind: 'number' as const, cell: (day: Day) => duration(day.p95DurationMs) },
];

export function Statistics({ workflow }: { workflow: string }) {
  const [span, setSpan] = useState<Span>('30');
  const query = useQuery({
    queryKey: ['statistics', workflow, span],
    queryFn: ({ signal }) => readStatistics(workflow, Number(span), signal),
    placeholderData: (before) => before,
  });
  return (
    <section className={parts.part} aria-label="Statistics">
      <Part
        title="Statistics"
        deed={<Select label="Of the last" isLabelUnseen value={span} choices={SPANS} onChange={setSpan} />}
      >
        <Reading of={query} what="statistics">
          {(figures) => <Shown figures={figures} />}
        </Reading>
      </Part>
    </section>
  );
}

function Shown({ figures }: { figures: Figures }) {
  const { runs, completed, failed, successRate, p50DurationMs, p95DurationMs, days } = figures;
  if (runs === 0) return <p className={parts.faint}>No run in this time.</p>;
  const facts: ReadonlyArray<[string, string]> = [
    ['runs', formatCount(runs)],
    [
      'of those that ended completed',
      typeof successRate === 'number' ? `${(successRate * 100).toFixed(1)} %` : '–',
    ],
    ['completed', formatCount(completed)],
    ['failed', formatCount(failed)],
    ['half are faster than (p50)', duration(p50DurationMs)],
    ['95 % are faster than (p95)', duration(p95DurationMs)],
  ];
  return (
    <>
      <dl className={styles.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="num">{value}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.charts}>
        <OutcomeChart days={days} />
        <DurationChart days={days} />
      </div>
      <details className={styles.numbers}>
        <summary>The days in numbers</summary>
        <Table label="By day" columns={COLUMNS} rows={[...days].reverse()} keyOf={({ day }) => day} />
      </details>
    </>
  );
}
