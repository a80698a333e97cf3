// A link that lets somebody sign in once and choose a password.

import { Button } from '../../../design/Button';
import { CopyText } from '../../../design/CopyText';
import { Dialog } from '../../../design/Dialog';
import form from '../../../design/form.module.css';

type Props = { email: string; signInLink: string; onClose: () => void };

export function LinkDialog({ email, signInLink, onClose }: Props) {
  return (
    <Dialog
      open
      onClose={onClose}
      title={`The link for ${email}`}
      foot={<Button onClick={onClose}>Done</Button>}
    >
      <p className={form.told}>
        Hand it over. It is good for once, lets whoever reads it first choose a password, and is not shown
        again.
      </p>
      <CopyText text={new URL(signInLink, location.origin).href} label="link" />
    </Dialog>
  );
}
