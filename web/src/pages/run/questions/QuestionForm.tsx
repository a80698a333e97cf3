// One question: the form it came with, yes and no. The server holds the answer against the form, and says what is wrong with it.

import { type FormEvent, useId, useState } from 'react';
import { Button } from '../../../design/Button';
import { StatusMark } from '../../../design/StatusMark';
import { SchemaFields, useSchemaForm } from '../../../forms/SchemaFields';
import { answerNode } from '../control';
import { useModel } from '../model/use-run';
import styles from './Questions.module.css';
import type { Question } from './use-question';

interface Props {
  readonly nodeRef: string;
  readonly question: Question;
}

const COMMENT_MAX = 2_000;

export function QuestionForm({ nodeRef, question }: Props) {
  const { runId } = useModel();
  const form = useSchemaForm(question.form);
  const [comment, setComment] = useState('');
  const [state, setState] = useState<'open' | 'sending' | 'sent'>('open');
  const [said, setSaid] = useState('');
  const id = useId();

  const answer = async (approved: boolean) => {
    setState('sending');
    setSaid('');
    try {
      const data = approved && form ? form.read() : undefined;
      await answerNode(runId, nodeRef, {
        approved,
        ...(data !== undefined && { data }),
        ...(comment.trim() && { comment: comment.trim() }),
      });
      setState('sent');
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
      setState('open');
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void answer(true);
  };
  return (
    <form
      className={styles.question}
      onSubmit={submit}
      aria-labelledby={`${id}-asks`}
      data-question={nodeRef}
    >
      <StatusMark status="AWAITING_INPUT" />
      <div className={styles.asked}>
        <p id={`${id}-asks`}>
          <b>{nodeRef}</b> asks: {question.message}
        </p>
        <div className={styles.fields}>
          {form && <SchemaFields form={form} />}
          <div className={styles.comment}>
            <label htmlFor={`${id}-comment`}>Comment, if any</label>
            <input
              id={`${id}-comment`}
              value={comment}
              maxLength={COMMENT_MAX}
              autoComplete="off"
              onChange={({ target }) => setComment(target.value)}
            />
          </div>
        </div>
        <div className={styles.deeds}>
          <Button look="primary" type="submit" disabled={state !== 'open'}>
            Approve
          </Button>
          <Button disabled={state !== 'open'} onClick={() => void answer(false)}>
            Reject
          </Button>
          <span role={said ? 'alert' : 'status'}>{said || (state === 'sent' ? 'Sent.' : '')}</span>
        </div>
      </div>
    </form>
  );
}
