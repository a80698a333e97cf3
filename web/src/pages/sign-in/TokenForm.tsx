// The one token of a server without accounts (TELLTALE_TOKEN). It is kept in memory, until the last tab is closed.

import { type FormEvent, useState } from 'react';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { enterWithToken } from '../../session/session';
import { refusalWords } from './refusal';
import styles from './SignInPage.module.css';

export function TokenForm() {
  const [token, setToken] = useState('');
  const [said, setSaid] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setSaid('');
    setBusy(true);
    try {
      await assertGood(token.trim());
      enterWithToken(token.trim());
    } catch (error) {
      setSaid(refusalWords(error));
      setBusy(false);
    }
  }
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <Field
        label="Token"
        type="password"
        name="token"
        autoComplete="off"
        autoFocus
        required
        value={token}
        onChange={({ target }) => setToken(target.value)}
      />
      <p className={styles.said} role="alert">
        {said}
      </p>
      <Button type="submit" look="primary" disabled={isBusy}>
        Go on
      </Button>
    </form>
  );
}

/** Asked with the token itself, before any other request carries it. */
async function assertGood(token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch('/api/v1/runs?limit=1', { headers, cache: 'no-store' });
  if (!answer.ok)
    throw new Error(
      answer.status === 401
        ? 'The server does not take this token.'
        : `The server answered ${answer.status}.`,
    );
}
