// What can be done with the list: comparing two of its runs, and importing another.

import { lazy, Suspense, useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../design/Button';
import { paths } from '../../lib/paths';
import { useBar } from '../../session/session';
import styles from './FilterBar.module.css';

const ImportDialog = lazy(() => import('./ImportDialog'));

type Props = {
  /** The runs that were picked to be compared; null while none are picked. */
  picked: readonly string[] | null;
  onPick: (picked: readonly string[] | null) => void;
};

export function ListDeeds({ picked, onPick }: Props) {
  const bar = useBar('member');
  const navigate = useNavigate();
  const [isImporting, setImporting] = useState(false);
  if (picked !== null) {
    const [a, b] = picked;
    return (
      <span className={styles.deeds}>
        <span className={styles.count} role="status">
          {picked.length} of 2 picked
        </span>
        <Button
          look="primary"
          disabled={a === undefined || b === undefined}
          onClick={() => void navigate(paths.compare({ a, b }))}
        >
          Compare the two
        </Button>
        <Button onClick={() => onPick(null)}>Cancel</Button>
      </span>
    );
  }
  return (
    <span className={styles.deeds}>
      <Button look="bare" onClick={() => onPick([])}>
        Compare two …
      </Button>
      <Button look="bare" bar={bar} onClick={() => setImporting(true)}>
        Import …
      </Button>
      <Suspense>{isImporting && <ImportDialog onClose={() => setImporting(false)} />}</Suspense>
    </span>
  );
}
