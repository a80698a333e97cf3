// Asks what would go, and makes a plan of it.

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { makePlan, type PlanQuestion, type What } from '../../../api/retention';
import type { RunStatus } from '../../../api/wire';
import { Button } from '../../../design/Button';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { Menu, MenuCheck } from '../../../design/Menu';
import { Select } from '../../../design/Select';
import { useDeed } from '../../../lib/deed';
import { isEnded, RUN_STATUSES, statusWords } from '../../../lib/status';
import { FilterTrigger } from '../../runs/FilterTrigger';

const WHATS: ReadonlyArray<{ value: What; label: string }> = [
  { value: 'runs', label: 'whole runs' },
  { value: 'results', label: 'their output and artifacts' },
  { value: 'logs', label: 'their output only' },
  { value: 'artifacts', label: 'their artifacts only' },
];
/** What has not ended is never deleted. */
const STATUSES = RUN_STATUSES.filter(isEnded);

type Props = { bar: string | null; onPlanned: (planId: string) => void };

export function CleanupForm({ bar, onPlanned }: Props) {
  const client = useQueryClient();
  const { isBusy, said, work } = useDeed();
  const [what, setWhat] = useState<What>('runs');
  const [days, setDays] = useState('30');
  const [workflow, setWorkflow] = useState('');
  const [latest, setLatest] = useState('');
  const [statuses, setStatuses] = useState<readonly RunStatus[]>([]);
  const plan = (event: FormEvent) => {
    event.preventDefault();
    const question: PlanQuestion = {
      what,
      ...(days && { olderThanDays: Number(days) }),
      ...(workflow.trim() && { workflow: workflow.trim() }),
      ...(latest && { keepLatest: Number(latest) }),
      ...(statuses.length > 0 && { status: [...statuses] }),
    };
    void work(async () => {
      const { planId } = await makePlan(question);
      await client.invalidateQueries({ queryKey: ['plans'] });
      onPlanned(planId);
    });
  };
  return (
    <form className={form.form} onSubmit={plan} aria-label="Clean up">
      <div className={form.row}>
        <Select label="Delete" value={what} choices={WHATS} disabled={bar !== null} onChange={setWhat} />
        <Field
          label="Older than, in days"
          type="number"
          min={1}
          value={days}
          disabled={bar !== null}
          onChange={({ target }) => setDays(target.value)}
        />
        <Field
          label="Of the workflow"
          placeholder="any"
          value={workflow}
          disabled={bar !== null}
          onChange={({ target }) => setWorkflow(target.value)}
        />
        <Field
          label="But keep the latest"
          type="number"
          min={1}
          placeholder="none"
          value={latest}
          disabled={bar !== null}
          onChange={({ target }) => setLatest(target.value)}
        />
        <Menu trigger={<FilterTrigger isOn={statuses.length > 0}>{statusesWords(statuses)}</FilterTrigger>}>
          {STATUSES.map((status) => (
            <MenuCheck
              key={status}
              checked={statuses.includes(status)}
              onChange={(isOn) =>
                setStatuses((all) => (isOn ? [...all, status] : all.filter((one) => one !== status)))
              }
            >
              {statusWords(status)}
            </MenuCheck>
          ))}
        </Menu>
        <Button
          type="submit"
          bar={bar}
          disabled={isBusy || (!days && !workflow.trim() && statuses.length === 0)}
        >
          See what would go
        </Button>
      </div>
      <p className={form.said} role="alert">
        {said}
      </p>
    </form>
  );
}

const statusesWords = (statuses: readonly RunStatus[]): string =>
  statuses.length === 0 ? 'Any end' : statuses.map(statusWords).join(', ');
