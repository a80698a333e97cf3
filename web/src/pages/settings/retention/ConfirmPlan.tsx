// Confirms a plan by its number, typed: nobody deletes ten thousand runs with a slip of the hand.

import { type FormEvent, useState } from 'react';
import { ApiError } from '../../../api/problem';
import { applyPlan, type Plan } from '../../../api/retention';
import { Button } from '../../../design/Button';
import { Field } from '../../../design/Field';
import form from '../../../design/form.module.css';
import { useDeed } from '../../../lib/deed';
import { countOf, countWords } from './plan-words';

type Props = { plan: Plan; bar: string | null; onApplied: () => void };

export function ConfirmPlan({ plan, bar, onApplied }: Props) {
  const [typed, setTyped] = useState('');
  const { isBusy, said, work } = useDeed();
  const isRight = typed.replace(/[\s,.]/g, '') === String(countOf(plan));
  const apply = (event: FormEvent) => {
    event.preventDefault();
    if (!isRight) return;
    void work(async () => {
      try {
        await applyPlan(plan.planId);
      } catch (error) {
        if (error instanceof ApiError && error.code === 'plan-changed')
          throw new Error('What it would delete has changed since. Make a new plan.');
        throw error;
      }
      onApplied();
    });
  };
  return (
    <form className={form.row} onSubmit={apply}>
      <Field
        label={`Type ${countOf(plan)} to confirm`}
        inputMode="numeric"
        autoComplete="off"
        value={typed}
        disabled={bar !== null}
        onChange={({ target }) => setTyped(target.value)}
      />
      <Button type="submit" look="danger" bar={bar} disabled={!isRight || isBusy}>
        Delete {countWords(plan)}
      </Button>
      <p className={form.said} role="alert">
        {said}
      </p>
    </form>
  );
}
