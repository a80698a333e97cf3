// Adds an address that is told of runs. The secret that signs what is sent is shown once.

import { type FormEvent, useId, useState } from 'react';
import { createNotification } from '../../../api/notifications';
import type { RunStatus } from '../../../api/wire';
import { Button } from '../../../design/Button';
import { CopyText } from '../../../design/CopyText';
import { Dialog } from '../../../design/Dialog';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { Check } from '../../../design/Select';
import { useDeed } from '../../../lib/deed';
import { isEnded, RUN_STATUSES, statusWords } from '../../../lib/status';

/** Of these a person may want to hear; a run that begins is no news. */
const OFFERED = RUN_STATUSES.filter(
  (status) => isEnded(status) || status === 'AWAITING_INPUT' || status === 'STALE',
);

export function NotificationDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const id = useId();
  const { isBusy, said, work } = useDeed();
  const [url, setUrl] = useState('');
  const [description, setDescription] = useState('');
  const [workflow, setWorkflow] = useState('');
  const [statuses, setStatuses] = useState<readonly RunStatus[]>(['FAILED', 'TIMED_OUT']);
  const [secret, setSecret] = useState<string | null>(null);
  const make = (event: FormEvent) => {
    event.preventDefault();
    void work(async () => {
      const made = await createNotification({
        url: url.trim(),
        statuses: [...statuses],
        enabled: true,
        ...(workflow.trim() && { workflow: workflow.trim() }),
        ...(description.trim() && { description: description.trim() }),
      });
      setSecret(made.secret);
      onMade();
    });
  };
  if (secret !== null) {
    return (
      <Dialog
        open
        onClose={onClose}
        title="The address is told from now on"
        foot={<Button onClick={onClose}>Done</Button>}
      >
        <p className={form.told}>
          With this secret the receiver checks that a message is ours. It is shown this once.
        </p>
        <CopyText text={secret} label="secret" />
      </Dialog>
    );
  }
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy || statuses.length === 0}>
        Add it
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title="Add an address" foot={foot}>
      <form id={id} className={form.form} onSubmit={make}>
        <Field
          label="Address"
          type="url"
          required
          placeholder="https://…"
          value={url}
          autoComplete="off"
          onChange={({ target }) => setUrl(target.value)}
        />
        <fieldset className={form.group}>
          <legend>Told when a run is</legend>
          {OFFERED.map((status) => (
            <Check
              key={status}
              checked={statuses.includes(status)}
              onChange={(isOn) =>
                setStatuses((all) => (isOn ? [...all, status] : all.filter((one) => one !== status)))
              }
            >
              {statusWords(status)}
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
            label="Description"
            value={description}
            autoComplete="off"
            onChange={({ target }) => setDescription(target.value)}
          />
        </div>
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}
