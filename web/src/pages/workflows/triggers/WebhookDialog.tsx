// Makes an address. It, and the secret that signs what is posted, are shown once.

import { type FormEvent, useId, useState } from 'react';
import { createWebhook, type NewWebhook } from '../../../api/triggers';
import { Button } from '../../../design/Button';
import { CopyText } from '../../../design/CopyText';
import { Dialog } from '../../../design/Dialog';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { Check } from '../../../design/Select';
import { useDeed } from '../../../lib/deed';

type Props = { workflow: string; onClose: () => void; onMade: () => void };

export function WebhookDialog({ workflow, onClose, onMade }: Props) {
  const id = useId();
  const { isBusy, said, work } = useDeed();
  const [description, setDescription] = useState('');
  const [hmac, setHmac] = useState(false);
  const [made, setMade] = useState<NewWebhook | null>(null);
  const make = (event: FormEvent) => {
    event.preventDefault();
    void work(async () => {
      const wish = { ...(description.trim() && { description: description.trim() }), hmac };
      setMade(await createWebhook(workflow, wish));
      onMade();
    });
  };
  if (made) return <Made made={made} onClose={onClose} />;
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy}>
        Make it
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title={`An address that starts ${workflow}`} foot={foot}>
      <form id={id} className={form.form} onSubmit={make}>
        <Field
          label="Who posts to it"
          value={description}
          autoComplete="off"
          onChange={({ target }) => setDescription(target.value)}
        />
        <Check checked={hmac} onChange={setHmac}>
          What is posted must be signed (HMAC)
        </Check>
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}

function Made({ made, onClose }: { made: NewWebhook; onClose: () => void }) {
  const address = new URL(made.url, location.origin).href;
  const example = `curl -X POST -H 'content-type: application/json' -d '{"who":"world"}' ${address}`;
  return (
    <Dialog open onClose={onClose} title="The address" foot={<Button onClick={onClose}>Done</Button>}>
      <p className={form.told}>Whoever knows it can start runs. It is shown this once.</p>
      <CopyText text={address} label="address" />
      {made.hmacSecret && (
        <>
          <p className={form.told}>The secret that signs each body:</p>
          <CopyText text={made.hmacSecret} label="secret" />
        </>
      )}
      {!made.hmacSecret && (
        <>
          <p className={form.told}>From the terminal:</p>
          <CopyText text={example} label="example" />
        </>
      )}
    </Dialog>
  );
}
