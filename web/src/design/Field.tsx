// A named input.

import { type ComponentProps, useId } from 'react';
import styles from './Field.module.css';

type Props = ComponentProps<'input'> & { label: string; suggestions?: readonly string[] };

export function Field({ label, suggestions, className, ...rest }: Props) {
  const id = useId();
  return (
    <div className={`${styles.field} ${className ?? ''}`}>
      <label htmlFor={id}>{label}</label>
      <input {...rest} id={id} className={styles.input} list={suggestions && `${id}-list`} />
      {suggestions && (
        <datalist id={`${id}-list`}>
          {suggestions.map((text) => (
            <option key={text} value={text} />
          ))}
        </datalist>
      )}
    </div>
  );
}

/** Text to look for. Its name is said, not drawn: the placeholder shows it. */
export function SearchInput({ label, ...rest }: ComponentProps<'input'> & { label: string }) {
  return (
    <input
      {...rest}
      type="search"
      className={styles.input}
      aria-label={label}
      placeholder={label}
      autoComplete="off"
      spellCheck={false}
    />
  );
}
