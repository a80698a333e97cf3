// When the workflow starts by itself.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { toTime } from '../../../api/model';
import { changeSchedule, readSchedules, removeSchedule, type Schedule } from '../../../api/triggers';
import { Button } from '../../../design/Button';
import { Confirm } from '../../../design/Dialog';
import form from '../../../design/form.module.css';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { useDeed } from '../../../lib/deed';
import { useNow } from '../../../lib/now';
import { paths } from '../../../lib/paths';
import { useBar } from '../../../session/session';
import { Part, Reading } from '../../Part';
import parts from '../../Part.module.css';
import { cronWords, knownZone, whenWords } from './cron-words';
import { ScheduleDialog } from './ScheduleDialog';

export function Schedules({ workflow }: { workflow: string }) {
  const bar = useBar('member');
  const client = useQueryClient();
  const key = ['schedules', workflow];
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => readSchedules(workflow, signal) });
  const { isBusy, said, work } = useDeed();
  const [edited, setEdited] = useState<Schedule | 'new' | null>(null);
  const [removed, setRemoved] = useState<Schedule | null>(null);
  const again = () => client.invalidateQueries({ queryKey: key });
  const then = (deed: () => Promise<unknown>) =>
    void work(async () => {
      await deed();
      await again();
    });
  const columns = [
    {
      head: 'Starts',
      cell: ({ cron, timeZone }: Schedule) => (
        <span className={parts.two}>
          <span>{cronWords(cron)}</span>
          <span className={parts.faint}>
            <span className="mono">{cron}</span>, {timeZone}
          </span>
        </span>
      ),
    },
    { head: 'Next', cell: (schedule: Schedule) => <Next schedule={schedule} /> },
    {
      head: 'Last',
      cell: ({ lastAt, lastRunId, lastError }: Schedule) =>
        lastError ? (
          <span className={form.said}>{lastError}</span>
        ) : lastRunId ? (
          <Link to={paths.run(lastRunId)}>
            <Ago at={toTime(lastAt)} />
          </Link>
        ) : (
          'not yet'
        ),
    },
    {
      head: 'Missed',
      cell: ({ missed }: Schedule) => (missed === 'skip' ? 'are skipped' : 'run once afterwards'),
    },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: (one: Schedule) => (
        <>
          <Button
            look="bare"
            bar={bar}
            disabled={isBusy}
            onClick={() =>
              then(() => changeSchedule(one.scheduleId, { ...toForm(one), enabled: !one.enabled }))
            }
          >
            {one.enabled ? 'Pause' : 'Resume'}
          </Button>
          <Button look="bare" bar={bar} onClick={() => setEdited(one)}>
            Edit
          </Button>
          <Button look="bare" bar={bar} onClick={() => setRemoved(one)}>
            Remove
          </Button>
        </>
      ),
    },
  ];
  return (
    <section className={parts.part} aria-label="Schedules">
      <Part
        title="Schedules"
        told="A run starts by itself at these times."
        deed={
          <Button bar={bar} onClick={() => setEdited('new')}>
            Make a schedule
          </Button>
        }
      >
        <p className={form.said} role="alert">
          {said}
        </p>
        <Reading of={query} what="schedules">
          {({ schedules }) => {
            const own = schedules.filter((one) => one.workflow === workflow);
            if (own.length === 0) return null;
            return (
              <Table label="Schedules" columns={columns} rows={own} keyOf={({ scheduleId }) => scheduleId} />
            );
          }}
        </Reading>
      </Part>
      {edited !== null && (
        <ScheduleDialog
          workflow={workflow}
          schedule={edited === 'new' ? null : edited}
          onClose={() => setEdited(null)}
          onSaved={() => void again()}
        />
      )}
      <Confirm
        open={removed !== null}
        onClose={() => setRemoved(null)}
        onConfirm={() => removed && then(() => removeSchedule(removed.scheduleId))}
        title="Remove this schedule?"
        action="Remove it"
      >
        <p>{removed && cronWords(removed.cron)}. Its runs stay.</p>
      </Confirm>
    </section>
  );
}

function Next({ schedule: { enabled, nextAt, timeZone } }: { schedule: Schedule }) {
  const now = useNow(enabled);
  const at = toTime(nextAt);
  if (!enabled) return 'paused';
  if (at === null) return 'never again';
  return <time dateTime={new Date(at).toISOString()}>{whenWords(at, now, knownZone(timeZone))}</time>;
}

export function toForm({ workflow, cron, timeZone, inputs, missed, enabled }: Schedule) {
  return { workflow, cron, timeZone, ...(inputs !== undefined && { inputs }), missed, enabled };
}
