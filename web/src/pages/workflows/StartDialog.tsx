// Asks for the inputs that the workflow describes, and starts a run.

import { type FormEvent, useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { api, body } from '../../api/client';
import type { WireWorkflowDetail } from '../../api/wire';
import { Button } from '../../design/Button';
import { Dialog } from '../../design/Dialog';
import { Field } from '../../design/Field';
import { SchemaFields, useSchemaForm } from '../../forms/SchemaFields';
import type { Schema } from '../../forms/schema';
import { paths } from '../../lib/paths';
import styles from './WorkflowPage.module.css';

type Props = { workflow: WireWorkflowDetail; open: boolean; onClose: () => void };

/** A workflow without inputs has nothing to ask for. */
function schemaOf({ inputs }: WireWorkflowDetail): Schema | null {
  const schema = (inputs ?? {}) as Schema;
  return Object.keys(schema.properties ?? {}).length > 0 ? schema : null;
}

export function StartDialog({ workflow, open, onClose }: Props) {
  const id = useId();
  const navigate = useNavigate();
  const form = useSchemaForm(schemaOf(workflow));
  const [runId, setRunId] = useState('');
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function start(event: FormEvent): Promise<void> {
    event.preventDefault();
    setSaid('');
    setBusy(true);
    try {
      const { name, version, latestVersion } = workflow;
      const answer = await api.POST('/api/v1/workflows/{name}/run', {
        params: { path: { name } },
        body: {
          trigger: { type: 'manual' },
          ...(form && { inputs: form.read() }),
          ...(runId.trim() && { runId: runId.trim() }),
          ...(version !== latestVersion && { version }),
        },
      });
      await navigate(paths.run(body(answer).runId));
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  }

  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy}>
        Start
      </Button>
    </>
  );
  return (
    <Dialog open={open} onClose={onClose} title={`Start ${workflow.name}`} foot={foot}>
      <form id={id} className={styles.form} onSubmit={(event) => void start(event)}>
        {form ? <SchemaFields form={form} /> : <p className={styles.told}>This workflow takes no inputs.</p>}
        <details className={styles.more}>
          <summary>Name the run</summary>
          <Field
            label="Run id, else one is made"
            value={runId}
            autoComplete="off"
            spellCheck={false}
            onChange={({ target }) => setRunId(target.value)}
          />
        </details>
        {said && (
          <p className={styles.said} role="alert">
            {said}
          </p>
        )}
      </form>
    </Dialog>
  );
}
