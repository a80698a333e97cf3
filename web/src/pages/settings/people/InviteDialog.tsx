// Invites somebody: the answer is a link that is handed over by whatever means there are.

import { type FormEvent, useId, useState } from 'react';
import { inviteUser, type Role } from '../../../api/accounts';
import { Button } from '../../../design/Button';
import { Dialog } from '../../../design/Dialog';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { Select } from '../../../design/Select';
import { useDeed } from '../../../lib/deed';
import { LinkDialog } from './LinkDialog';
import { ROLES } from './roles';

export function InviteDialog({ onClose, onInvited }: { onClose: () => void; onInvited: () => void }) {
  const id = useId();
  const { isBusy, said, work } = useDeed();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [link, setLink] = useState<string | null>(null);

  const invite = (event: FormEvent) => {
    event.preventDefault();
    void work(async () => {
      const invited = { email: email.trim(), role, ...(name.trim() && { name: name.trim() }) };
      const { signInLink } = await inviteUser(invited);
      setLink(signInLink);
      onInvited();
    });
  };
  if (link !== null) return <LinkDialog email={email.trim()} signInLink={link} onClose={onClose} />;
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="primary" type="submit" form={id} disabled={isBusy}>
        Invite
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title="Invite somebody" foot={foot}>
      <form id={id} className={form.form} onSubmit={invite}>
        <Field
          label="E-mail"
          type="email"
          required
          value={email}
          autoComplete="off"
          onChange={({ target }) => setEmail(target.value)}
        />
        <Field
          label="Name, if you like"
          value={name}
          autoComplete="off"
          onChange={({ target }) => setName(target.value)}
        />
        <Select label="Role" value={role} choices={ROLES} onChange={setRole} />
        <p className={form.said} role="alert">
          {said}
        </p>
      </form>
    </Dialog>
  );
}
