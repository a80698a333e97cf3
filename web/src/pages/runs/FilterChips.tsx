// The filters that are on; each can be taken away, and all of them at once.

import { Button } from '../../design/Button';
import { Chip } from '../../design/Chip';
import styles from './FilterBar.module.css';
import { NO_FILTER, type RunListFilter } from './filter';
import { partsOf } from './filter-words';

type Props = { filter: RunListFilter; onChange: (change: Partial<RunListFilter>) => void };

export function FilterChips({ filter, onChange }: Props) {
  const parts = partsOf(filter);
  if (parts.length === 0) return null;
  return (
    <div className={styles.chips}>
      {parts.map(({ key, words, without }) => (
        <Chip key={key} onRemove={() => onChange(without)} removeLabel={`Clear the filter ${words}`}>
          {words}
        </Chip>
      ))}
      {parts.length > 1 && (
        <Button look="bare" onClick={() => onChange(NO_FILTER)}>
          Clear all
        </Button>
      )}
    </div>
  );
}
