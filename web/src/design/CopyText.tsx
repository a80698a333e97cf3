// A text that is to be taken elsewhere: shown whole, with a button that copies it.

import { useState } from 'react';
import { Button } from './Button';
import styles from './CopyText.module.css';

const SAID_FOR_MS = 2_500;

export function CopyText({
  text,
  label,
}: {
  text: string /** What it is, for the button: “address”. */;
  label: string;
}) {
  const [said, setSaid] = useState('');
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      setSaid('Not copied: mark the text instead');
    }
    setTimeout(() => setSaid(''), SAID_FOR_MS);
  }
  return (
    <span className={styles.copy}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <code className={styles.text} tabIndex={0}>
        {text}
      </code>
      <Button onClick={() => void copy()} aria-label={`Copy the ${label}`}>
        Copy
      </Button>
      <span className={styles.said} role="status">
        {said}
      </span>
    </span>
  );
}
