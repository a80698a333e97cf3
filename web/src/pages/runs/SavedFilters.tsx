// Filters by name: chosen, kept, forgotten.

import { useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import form from '../../design/form.module.css';
import { Popover } from '../../design/Popover';
import { paths } from '../../lib/paths';
import styles from './FilterBar.module.css';
import { FilterTrigger } from './FilterTrigger';
import { isFiltering, type RunListFilter, writeFilter } from './filter';
import { forgetFilter, saveFilter, useSavedFilters } from './saved-filters';

export function SavedFilters({ filter }: { filter: RunListFilter }) {
  const navigate = useNavigate();
  const saved = useSavedFilters();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const search = writeFilter(filter).toString();
  const isOn = saved.some((one) => one.search === search);
  return (
    <Popover
      label="Saved filters"
      open={isOpen}
      onOpenChange={setOpen}
      trigger={<FilterTrigger isOn={isOn}>Saved</FilterTrigger>}
    >
      {saved.length === 0 && <p className={form.told}>No filter was saved in this browser yet.</p>}
      {saved.length > 0 && (
        <ul className={styles.saved}>
          {saved.map((one) => (
            <li key={one.name}>
              <Button
                look="bare"
                aria-pressed={one.search === search}
                onClick={() => {
                  setOpen(false);
                  void navigate(`${paths.runs()}?${one.search}`);
                }}
              >
                {one.name}
              </Button>
              <Button look="bare" aria-label={`Forget ${one.name}`} onClick={() => forgetFilter(one.name)}>
                Forget
              </Button>
            </li>
          ))}
        </ul>
      )}
      {isFiltering(filter) && (
        <form
          className={form.row}
          onSubmit={(event) => {
            event.preventDefault();
            if (!name.trim()) return;
            saveFilter(name.trim(), search);
            setName('');
            setOpen(false);
          }}
        >
          <Field
            label="Save this filter as"
            value={name}
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
          <Button type="submit" look="primary" disabled={!name.trim()}>
            Save
          </Button>
        </form>
      )}
    </Popover>
  );
}
