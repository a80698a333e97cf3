// Asks for a stretch of time: a span back from now, or days.

import { useState } from 'react';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { Popover } from '../../design/Popover';
import styles from './FilterBar.module.css';
import { FilterTrigger } from './FilterTrigger';
import { type RunListFilter, SPANS } from './filter';

type Props = { filter: RunListFilter; onChange: (change: Partial<RunListFilter>) => void };

export function TimeFilter({ filter, onChange }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { since, until } = filter;
  const isSpan = SPANS.some(({ value }) => value === since);
  return (
    <Popover
      label="Filter by time"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={<FilterTrigger isOn={since !== null || until !== null}>Time</FilterTrigger>}
    >
      <div className={styles.spans}>
        {SPANS.map(({ value, label }) => (
          <Button
            key={value}
            aria-pressed={since === value}
            onClick={() => {
              onChange({ since: since === value ? null : value, until: null });
              setOpen(false);
            }}
          >
            {label}
          </Button>
        ))}
      </div>
      <div className={styles.days}>
        <Field
          label="From"
          type="date"
          value={isSpan ? '' : (since ?? '')}
          max={until ?? undefined}
          onChange={({ target }) => onChange({ since: target.value || null })}
        />
        <Field
          label="To, included"
          type="date"
          value={until ?? ''}
          min={isSpan ? undefined : (since ?? undefined)}
          onChange={({ target }) => onChange({ until: target.value || null, ...(isSpan && { since: null }) })}
        />
      </div>
    </Popover>
  );
}
