// Asks for a label, `key:value`; what the runs that were read have is offered.

import { useState } from 'react';
import type { Run } from '../../api/model';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { Popover } from '../../design/Popover';
import { FilterTrigger } from './FilterTrigger';
import type { RunListFilter } from './filter';

/** A list of suggestions that is longer helps nobody. */
const OFFERED = 50;
const LABEL = /^[^:=]+[:=].+$/;

type Props = {
  filter: RunListFilter;
  onChange: (change: Partial<RunListFilter>) => void;
  runs: readonly Run[];
};

export function LabelFilter({ filter, onChange, runs }: Props) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState('');
  const label = typed.trim();
  const seen = new Set(
    runs.flatMap(({ labels }) => Object.entries(labels).map(([key, value]) => `${key}:${value}`)),
  );
  const offered = [...seen]
    .filter((text) => !filter.labels.includes(text))
    .sort()
    .slice(0, OFFERED);
  return (
    <Popover
      label="Filter by label"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={<FilterTrigger isOn={filter.labels.length > 0}>Label</FilterTrigger>}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!LABEL.test(label)) return;
          onChange({ labels: [...new Set([...filter.labels, label])] });
          setTyped('');
          setOpen(false);
        }}
      >
        <Field
          label="Label, as key:value"
          suggestions={offered}
          value={typed}
          autoComplete="off"
          onChange={({ target }) => setTyped(target.value)}
        />
        <Button type="submit" look="primary" disabled={!LABEL.test(label)}>
          Only runs with it
        </Button>
      </form>
    </Popover>
  );
}
