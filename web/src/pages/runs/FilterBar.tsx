// What narrows the list down: text, and a menu for each kind of filter. Those that are on stand below as chips.

import { useEffect, useRef, useState } from 'react';
import type { Run } from '../../api/model';
import { SearchInput } from '../../design/Field';
import { Menu, MenuCheck, MenuChoices, MenuNote } from '../../design/Menu';
import { StatusMark } from '../../design/StatusMark';
import { RUN_STATUSES, statusWords } from '../../lib/status';
import styles from './FilterBar.module.css';
import { FilterTrigger } from './FilterTrigger';
import type { RunListFilter } from './filter';
import { LabelFilter } from './LabelFilter';
import { TimeFilter } from './TimeFilter';

/** Typing is one search, not one for each letter. */
const TYPED_MS = 250;
/** What starts runs as far as telltale knows; others are found among the runs that were read. */
const TRIGGERS = ['manual', 'api', 'schedule', 'webhook', 'workflow', 'rerun'];
const ANY = '';

type Props = {
  filter: RunListFilter;
  onChange: (change: Partial<RunListFilter>) => void;
  /** Runs that were read: menus offer what they hold. */
  runs: readonly Run[];
  /** Names to choose from; null where the list is one workflow's. */
  workflows: readonly string[] | null;
};

export function FilterBar({ filter, onChange, runs, workflows }: Props) {
  const triggers = [
    ...new Set([...TRIGGERS, ...filter.triggers, ...runs.flatMap((run) => run.trigger?.type ?? [])]),
  ];
  return (
    <search className={styles.bar}>
      <TextFilter text={filter.text} onChange={(text) => onChange({ text })} />
      <Menu trigger={<FilterTrigger isOn={filter.statuses.length > 0}>Status</FilterTrigger>}>
        {RUN_STATUSES.map((status) => (
          <MenuCheck
            key={status}
            checked={filter.statuses.includes(status)}
            onChange={() => onChange({ statuses: toggled(filter.statuses, status) })}
          >
            <StatusMark status={status} />
            {statusWords(status)}
          </MenuCheck>
        ))}
      </Menu>
      {workflows && (
        <Menu trigger={<FilterTrigger isOn={filter.workflow !== null}>Workflow</FilterTrigger>}>
          {workflows.length === 0 && <MenuNote>No run that was read is of a named workflow.</MenuNote>}
          <MenuChoices
            label="Workflow"
            value={filter.workflow ?? ANY}
            choices={[
              { value: ANY, label: 'any workflow' },
              ...workflows.map((name) => ({ value: name, label: name })),
            ]}
            onChange={(name) => onChange({ workflow: name || null })}
          />
        </Menu>
      )}
      <Menu trigger={<FilterTrigger isOn={filter.triggers.length > 0}>Trigger</FilterTrigger>}>
        {triggers.map((trigger) => (
          <MenuCheck
            key={trigger}
            checked={filter.triggers.includes(trigger)}
            onChange={() => onChange({ triggers: toggled(filter.triggers, trigger) })}
          >
            {trigger}
          </MenuCheck>
        ))}
      </Menu>
      <LabelFilter filter={filter} onChange={onChange} runs={runs} />
      <TimeFilter filter={filter} onChange={onChange} />
    </search>
  );
}

function TextFilter({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The address may change by other means: a chip that is taken away, the browser's back.
  useEffect(() => setTyped(text), [text]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div className={styles.text}>
      <SearchInput
        label="Search runs"
        title="Text within run id, workflow or failure"
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

function toggled<T>(all: readonly T[], one: T): T[] {
  return all.includes(one) ? all.filter((other) => other !== one) : [...all, one];
}
