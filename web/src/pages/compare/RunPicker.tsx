// Chooses one of the two runs: by its id, or out of the latest of the other one's workflow.

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { api, body } from '../../api/client';
import { type Run, toRun } from '../../api/model';
import { Badge } from '../../design/Badge';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import form from '../../design/form.module.css';
import { Ago } from '../../design/Took';
import { paths } from '../../lib/paths';
import styles from './ComparePage.module.css';

const OFFERED = 8;

type Props = {
  label: string;
  runId: string | null;
  other: string | null;
  onPick: (runId: string | null) => void;
};

export function RunPicker({ label, runId, other, onPick }: Props) {
  return (
    <section className={styles.picker} aria-label={label}>
      <h2>{label}</h2>
      {runId ? (
        <Picked runId={runId} onChange={() => onPick(null)} />
      ) : (
        <Choose other={other} onPick={onPick} />
      )}
    </section>
  );
}

function useRunSummary(runId: string | null) {
  return useQuery({
    queryKey: ['run-summary', runId],
    enabled: runId !== null,
    queryFn: async ({ signal }) => {
      const params = { path: { runId: runId ?? '' } };
      return body(await api.GET('/api/v1/runs/{runId}', { params, signal }));
    },
  });
}

function Picked({ runId, onChange }: { runId: string; onChange: () => void }) {
  const { data } = useRunSummary(runId);
  return (
    <p className={styles.picked}>
      <Link className="mono" to={paths.run(runId)}>
        {runId}
      </Link>
      {data && <Badge status={data.status} />}
      {data?.workflow && <span className={styles.none}>{data.workflow}</span>}
      <Button look="bare" onClick={onChange}>
        Another
      </Button>
    </p>
  );
}

function Choose({ other, onPick }: { other: string | null; onPick: (runId: string) => void }) {
  const [typed, setTyped] = useState('');
  const { data: beside, isPending } = useRunSummary(other);
  const workflow = beside?.workflow ?? null;
  const { data: offered = [] } = useQuery({
    queryKey: ['runs-to-compare', workflow, other],
    enabled: other === null || !isPending,
    queryFn: async ({ signal }): Promise<readonly Run[]> => {
      const query = { limit: OFFERED + 1, ...(workflow && { workflow }) };
      const page = body(await api.GET('/api/v1/runs', { params: { query }, signal }));
      return page.runs
        .map(toRun)
        .filter((run) => run.runId !== other)
        .slice(0, OFFERED);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim()) onPick(typed.trim());
  };
  return (
    <>
      <form className={form.row} onSubmit={submit}>
        <Field
          label="Run id"
          value={typed}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setTyped(target.value)}
        />
        <Button type="submit" disabled={!typed.trim()}>
          Take it
        </Button>
      </form>
      {offered.length > 0 && (
        <ul className={styles.offered} aria-label={workflow ? `Latest runs of ${workflow}` : 'Latest runs'}>
          {offered.map((run) => (
            <li key={run.runId}>
              <button type="button" onClick={() => onPick(run.runId)}>
                <span className="mono">{run.runId}</span>
                <Badge status={run.status} />
                <Ago at={run.queuedAt ?? run.registeredAt} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
