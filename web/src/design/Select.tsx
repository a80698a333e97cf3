// A named choice out of few, and a named yes or no.

import { type ComponentProps, type ReactNode, useId } from 'react';
import styles from './Field.module.css';

type Props<T extends string> = Omit<ComponentProps<'select'>, 'onChange' | 'value'> & {
  label: string;
  /** Said, not drawn: where a table's head says it already. */
  isLabelUnseen?: boolean;
  value: T;
  choices: ReadonlyArray<{ value: T; label: string }>;
  onChange: (value: T) => void;
};

export function Select<T extends string>(props: Props<T>) {
  const { label, isLabelUnseen = false, value, choices, onChange, className = '', ...rest } = props;
  const id = useId();
  return (
    <div className={`${styles.field} ${className}`}>
      <label htmlFor={id} className={isLabelUnseen ? 'unseen' : undefined}>
        {label}
      </label>
      <select
        {...rest}
        id={id}
        className={styles.input}
        value={value}
        onChange={({ target }) => onChange(target.value as T)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

type CheckProps = Omit<ComponentProps<'input'>, 'onChange' | 'type' | 'checked'> & {
  children: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
};

export function Check({ children, checked, onChange, ...rest }: CheckProps) {
  return (
    <label className={styles.check}>
      <input
        {...rest}
        type="checkbox"
        checked={checked}
        onChange={({ target }) => onChange(target.checked)}
      />
      <span>{children}</span>
    </label>
  );
}
