// Makes or changes a schedule: when, in which time zone, with which inputs, and what becomes of times that were missed.

import { type FormEvent, useId, useState } from 'react';
import { changeSchedule, createSchedule, type Missed, type Schedule } from '../../../api/triggers';
import { Button } from '../../../design/Button';
import { Dialog } from '../../../design/Dialog';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { Select } from '../../../design/Select';
import { useDeed } from '../../../lib/deed';
import { cronWords } from './cron-words';

const MISSED: ReadonlyArray<{ value: Missed; label: string }> = [
  { value: 'skip', label: 'are skipped' },
  { value: 'run-once', label: 'are made up for by one run' },
];
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const zones = (): string[] => ['UTC', ...(Intl.supportedValuesOf?.('timeZone') ?? [])];

type Props = { workflow: string; schedule: Schedule | null; onClose: () => void; onSaved: () => void };

export function ScheduleDialog({ workflow, schedule, onClose, onSaved }: Props) {
  const id = useId();
  const { isBusy, said, work } = useDeed();
  const [cron, setCron] = useState(schedule?.cron ?? '0 3 * * *');
  const [timeZone, setTimeZone] = useState(schedule?.timeZone ?? OWN_ZONE);
  const [missed, setMissed] = useState<Missed>(schedule?.missed === 'run-once' ? 'run-once' : 'skip');
  const [inputs, setInputs] = useState(schedule?.inputs ? JSON.stringify(schedule.inputs) : '');
  const words = cronWords(cron);
  const save = (event: FormEvent) => {
    event.preventDefault();
    void work(async () => {
      const wish = {
        workflow,
        cron: cron.trim(),
        timeZone: timeZone.trim(),
        missed,
        enabled: schedule?.enabled ?? true,
        ...(inputs.trim() && { inputs: JSON.parse(inputs) as unknown }),
      };
      await (schedule ? changeSchedule(schedule.scheduleId, wish) : createSchedule(wish));
      onSaved();
      onClose();
    });
  };
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy}>
        {schedule ? 'Save' : 'Make it'}
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title={`When ${workflow} starts by itself`} foot={foot}>
      <form id={id} className={form.form} onSubmit={save}>
        <Field
          label="Cron: minute, hour, day, month, weekday"
          required
          value={cron}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setCron(target.value)}
        />
        <p className={form.told} role="status">
          {words === cron.trim() ? 'Has no short words; the server checks it.' : `That is ${words}.`}
        </p>
        <Field
          label="Time zone"
          required
          value={timeZone}
          suggestions={zones()}
          onChange={({ target }) => setTimeZone(target.value)}
        />
        <Select
          label="Times that were missed while the server was down"
          value={missed}
          choices={MISSED}
          onChange={setMissed}
        />
        <Field
          label="Inputs as JSON, if any"
          value={inputs}
          placeholder="{}"
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setInputs(target.value)}
        />
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}
