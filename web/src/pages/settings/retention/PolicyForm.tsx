// The policies, changed together: what is saved is the whole of them.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { readPolicies, savePolicies } from '../../../api/retention';
import { Button } from '../../../design/Button';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { useDeed } from '../../../lib/deed';
import { Reading } from '../../Part';
import { faultOf, NEW_ROW, type PolicyRow, toPolicies, toRows } from './policies';
import styles from './Retention.module.css';

const KEY = ['retention'];

export function PolicyForm({ bar }: { bar: string | null }) {
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => readPolicies(signal) });
  return (
    <Reading of={query} what="policies">
      {({ policies }) => <Rows key={JSON.stringify(policies)} initial={toRows(policies)} bar={bar} />}
    </Reading>
  );
}

function Rows({ initial, bar }: { initial: readonly PolicyRow[]; bar: string | null }) {
  const client = useQueryClient();
  const [rows, setRows] = useState(initial);
  const { isBusy, said, work } = useDeed();
  const fault = faultOf(rows);
  const isChanged = JSON.stringify(rows) !== JSON.stringify(initial);
  const change = (place: number, part: Partial<PolicyRow>) =>
    setRows((all) => all.map((row, at) => (at === place ? { ...row, ...part } : row)));
  const save = (event: FormEvent) => {
    event.preventDefault();
    void work(async () => {
      await savePolicies(toPolicies(rows));
      await client.invalidateQueries({ queryKey: KEY });
    });
  };
  const number = (
    place: number,
    row: PolicyRow,
    name: 'keepDays' | 'keepLatest' | 'keepFailedDays' | 'keepResultsDays',
    label: string,
  ) => (
    <Field
      label={label}
      type="number"
      min={1}
      inputMode="numeric"
      placeholder="for good"
      disabled={bar !== null}
      value={row[name]}
      onChange={({ target }) => change(place, { [name]: target.value })}
    />
  );
  return (
    <form className={form.form} onSubmit={save}>
      {rows.length === 0 && <p className={form.told}>There is no policy: everything is kept.</p>}
      {rows.map((row, place) => (
        <fieldset key={row.key} className={styles.policy} data-policy={row.workflow || 'all'}>
          <legend className="unseen">{row.workflow || 'All workflows'}</legend>
          <Field
            label="Workflow, empty for all others"
            value={row.workflow}
            disabled={bar !== null}
            onChange={({ target }) => change(place, { workflow: target.value })}
          />
          {number(place, row, 'keepDays', 'Keep for days')}
          {number(place, row, 'keepFailedDays', 'Failed ones for days')}
          {number(place, row, 'keepLatest', 'And always the latest')}
          {number(place, row, 'keepResultsDays', 'Output and artifacts for days')}
          <Button look="bare" bar={bar} onClick={() => setRows((all) => all.filter((one) => one !== row))}>
            Remove
          </Button>
        </fieldset>
      ))}
      <p className={form.said} role="alert">
        {fault ?? said}
      </p>
      <div className={styles.deeds}>
        <Button
          bar={bar}
          onClick={() => setRows((all) => [...all, { ...NEW_ROW, key: crypto.randomUUID() }])}
        >
          Add a policy
        </Button>
        <Button type="submit" look="primary" bar={bar} disabled={!isChanged || fault !== null || isBusy}>
          Save
        </Button>
      </div>
    </form>
  );
}
