// Redeems a sign-in link: the first start's, or an invitation's. Whoever has it chooses the password.

import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { redeemLink } from '../../api/accounts';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { paths } from '../../lib/paths';
import { enter } from '../../session/session';
import { refusalWords } from './refusal';
import styles from './SignInPage.module.css';

export function LinkForm({ link }: { link: string }) {
  const navigate = useNavigate();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (password !== again) {
      setSaid('The two are not the same.');
      return;
    }
    setSaid('');
    setBusy(true);
    try {
      enter(await redeemLink(link, password));
      await navigate(paths.runs(), { replace: true });
    } catch (error) {
      setSaid(refusalWords(error));
      setBusy(false);
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <p className={styles.told}>
        The link is good for once. From now on you sign in with your e-mail and this password.
      </p>
      <Field
        label="New password"
        type="password"
        name="new-password"
        autoComplete="new-password"
        autoFocus
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <Field
        label="The same again"
        type="password"
        name="new-password-again"
        autoComplete="new-password"
        required
        value={again}
        onChange={({ target }) => setAgain(target.value)}
      />
      <p className={styles.said} role="alert">
        {said}
      </p>
      <Button type="submit" look="primary" disabled={isBusy}>
        Keep it and sign in
      </Button>
    </form>
  );
}
