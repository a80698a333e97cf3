// Names a new organization, makes it, and goes there: its people are what it needs next.

import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../../design/Button';
import { Dialog } from '../../../design/Dialog';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { useDeed } from '../../../lib/deed';
import { paths } from '../../../lib/paths';
import { newOrganization } from '../../../session/organization';

/** The server's bound is 200 bytes; it says so itself where letters are longer than one. */
const NAME_MAX = 200;

export function NewOrganizationDialog({ onClose }: { onClose: () => void }) {
  const id = useId();
  const { isBusy, said, work } = useDeed();
  const [name, setName] = useState('');

  const make = (event: FormEvent) => {
    event.preventDefault();
    void work(() => newOrganization(name.trim(), paths.settings('people')));
  };
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy || name.trim() === ''}>
        Make it and go there
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title="Make an organization" foot={foot}>
      <form id={id} className={form.form} onSubmit={make}>
        <p className={form.told}>You will be its owner, and can invite others to it.</p>
        <Field
          label="Name"
          required
          maxLength={NAME_MAX}
          value={name}
          autoComplete="off"
          onChange={({ target }) => setName(target.value)}
        />
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}
