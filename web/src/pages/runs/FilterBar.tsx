// What narrows the list down: text, and a menu for each kind of filter. Those that are on stand below as chips.

import type { Run } from '../../api/model';
import { Menu, MenuCheck, MenuChoices, MenuNote } from '../../design/Menu';
import { StatusMark } from '../../design/StatusMark';
import { RUN_STATUSES, statusWords } from '../../lib/status';
import styles from './FilterBar.module.css';
import { FilterTrigger } from './FilterTrigger';
import type { RunListFilter } from './filter';
import { LabelFilter } from './LabelFilter';
import { SavedFilters } from './SavedFilters';
import { TextFilter } from './TextFilter';
import { TimeFilter } from './TimeFilter';

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
    <search className={styles.bar} data-all={workflows !== null || undefined}>
      <TextFilter
        label="Search runs"
        hint="Text within run id, workflow or failure"
        text={filter.text}
        onChange={(text) => onChange({ text })}
      />
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
      {workflows && <SavedFilters filter={filter} />}
    </search>
  );
}

function toggled<T>(all: readonly T[], one: T): T[] {
  return all.includes(one) ? all.filter((other) => other !== one) : [...all, one];
}
