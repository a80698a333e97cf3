// Text to narrow a list down by. `/` leads here from anywhere on the page.

import { useEffect, useRef, useState } from 'react';
import { SearchInput } from '../../design/Field';
import styles from './FilterBar.module.css';

/** Typing is one search, not one for each letter. */
const TYPED_MS = 250;

type Props = { label: string; hint?: string; text: string; onChange: (text: string) => void };

export function TextFilter({ label, hint, text, onChange }: Props) {
  const [typed, setTyped] = useState(text);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The address may change by other means: a chip that is taken away, the browser's back.
  useEffect(() => setTyped(text), [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div className={styles.text}>
      <SearchInput
        label={label}
        title={hint}
        data-shortcut="search"
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onChange(target.value.trim()), TYPED_MS);
        }}
      />
    </div>
  );
}
