// E-mail and password.

import { type FormEvent, useState } from 'react';
import { signIn } from '../../api/accounts';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { enter } from '../../session/session';
import { refusalWords } from './refusal';
import styles from './SignInPage.module.css';

export function PasswordForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setSaid('');
    setBusy(true);
    try {
      enter(await signIn(email.trim(), password));
    } catch (error) {
      setSaid(refusalWords(error));
      setPassword('');
      setBusy(false);
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <Field
        label="E-mail"
        type="email"
        name="email"
        autoComplete="username"
        autoFocus
        required
        value={email}
        onChange={({ target }) => setEmail(target.value)}
      />
      <Field
        label="Password"
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={({ target }) => setPassword(target.value)}
      />
      <p className={styles.said} role="alert">
        {said}
      </p>
      <Button type="submit" look="primary" disabled={isBusy}>
        Sign in
      </Button>
    </form>
  );
}
