// Goes anywhere by typing: pages, runs, workflows, themes.

import { type KeyboardEvent, useId, useState } from 'react';
import { useNavigate } from 'react-router';
import { Dialog } from '../../design/Dialog';
import { SearchInput } from '../../design/Field';
import { COMMANDS, type Command, matches } from './commands';
import styles from './Palette.module.css';
import { useFound } from './use-found';

export default function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Search, or go anywhere">
      <Search onClose={onClose} />
    </Dialog>
  );
}

function Search({ onClose }: { onClose: () => void }) {
  const id = useId();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const text = typed.trim();
  const { found, isSearching } = useFound(text);
  const shown = [...found, ...COMMANDS.filter((command) => matches(command, text))];
  const chosen = shown[Math.min(at, shown.length - 1)];

  function run({ does }: Command): void {
    onClose();
    if ('to' in does) void navigate(does.to);
    else if ('load' in does) location.assign(does.load);
    else does.run();
  }
  function onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Enter' && chosen) run(chosen);
    else if (step) {
      const next = (Math.min(at, shown.length - 1) + step + shown.length) % Math.max(1, shown.length);
      setAt(next);
      document.getElementById(`${id}-${shown[next]?.id}`)?.scrollIntoView({ block: 'nearest' });
    } else return;
    event.preventDefault();
  }

  return (
    <>
      <SearchInput
        label="A page, a run, a workflow"
        role="combobox"
        aria-expanded
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={chosen && `${id}-${chosen.id}`}
        value={typed}
        autoFocus
        onKeyDown={onKey}
        onChange={({ target }) => {
          setTyped(target.value);
          setAt(0);
        }}
      />
      {/* The focus stays in the input, which says what is chosen. */}
      <div id={id} role="listbox" aria-label="What was found" className={styles.list}>
        {shown.map((command, index) => (
          // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: as above
          <div
            key={command.id}
            id={`${id}-${command.id}`}
            role="option"
            aria-selected={command === chosen}
            className={styles.option}
            onPointerMove={() => setAt(index)}
            onClick={() => run(command)}
          >
            <span className={styles.group}>{command.group}</span>
            <span className={styles.words}>{command.words}</span>
            <span className={styles.note}>{command.note}</span>
          </div>
        ))}
      </div>
      <p className={styles.none} role="status">
        {shown.length === 0 && (isSearching ? 'Searching …' : `Nothing is called “${text}”.`)}
      </p>
    </>
  );
}
