// Makes a token: what it may do, what for, until when. Its secret is shown once.

import { type FormEvent, useId, useState } from 'react';
import { createToken, type Scope } from '../../../api/accounts';
import { Button } from '../../../design/Button';
import { CopyText } from '../../../design/CopyText';
import { Dialog } from '../../../design/Dialog';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { Check, Select } from '../../../design/Select';
import { useDeed } from '../../../lib/deed';

const SCOPES: ReadonlyArray<{ value: Scope; words: string }> = [
  { value: 'append', words: 'append: send events, lines and artifacts; start and execute runs' },
  { value: 'read', words: 'read: see runs, output and artifacts' },
  { value: 'admin', words: 'admin: change workflows, schedules and settings, and delete' },
];
const LASTS = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: '', label: 'for good' },
] as const;
const DAY_MS = 86_400_000;

type Lasts = (typeof LASTS)[number]['value'];

export function TokenDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const id = useId();
  const { isBusy, said, work } = useDeed();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['append']);
  const [workflow, setWorkflow] = useState('');
  const [runId, setRunId] = useState('');
  const [lasts, setLasts] = useState<Lasts>('90');
  const [secret, setSecret] = useState<string | null>(null);

  const make = (event: FormEvent) => {
    event.preventDefault();
    void work(async () => {
      const { token } = await createToken({
        name: name.trim(),
        scopes: [...scopes],
        ...(workflow.trim() && { workflow: workflow.trim() }),
        ...(runId.trim() && { runId: runId.trim() }),
        ...(lasts && { expiresAt: new Date(Date.now() + Number(lasts) * DAY_MS).toISOString() }),
      });
      setSecret(token);
      onMade();
    });
  };
  if (secret !== null) {
    return (
      <Dialog
        open
        onClose={onClose}
        title={`The token ${name.trim()}`}
        foot={<Button onClick={onClose}>Done</Button>}
      >
        <p className={form.told}>
          This is the only time that it is shown: the server keeps a digest of it. Programs take it as
          TELLTALE_TOKEN.
        </p>
        <CopyText text={secret} label="token" />
      </Dialog>
    );
  }
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy || scopes.length === 0}>
        Make it
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title="Make a token" foot={foot}>
      <form id={id} className={form.form} onSubmit={make}>
        <Field
          label="Name: what or who it is for"
          required
          value={name}
          autoComplete="off"
          onChange={({ target }) => setName(target.value)}
        />
        <fieldset className={form.group}>
          <legend>What it may do</legend>
          {SCOPES.map(({ value, words }) => (
            <Check
              key={value}
              checked={scopes.includes(value)}
              onChange={(isOn) =>
                setScopes((all) => (isOn ? [...all, value] : all.filter((one) => one !== value)))
              }
            >
              {words}
            </Check>
          ))}
        </fieldset>
        <div className={form.row}>
          <Field
            label="Only this workflow"
            value={workflow}
            autoComplete="off"
            onChange={({ target }) => setWorkflow(target.value)}
          />
          <Field
            label="Only this run"
            value={runId}
            autoComplete="off"
            onChange={({ target }) => setRunId(target.value)}
          />
        </div>
        <Select label="Good for" value={lasts} choices={LASTS} onChange={setLasts} />
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}
