// All shortcuts, and the switch for those of a single key.

import { Dialog } from '../design/Dialog';
import { SHORTCUTS } from '../lib/shortcuts';
import styles from './HelpSheet.module.css';
import { setSingleKeys, useSingleKeys } from './single-keys';

const MORE: ReadonlyArray<{ keys: readonly string[]; words: string }> = [
  { keys: ['Tab'], words: 'To what can be pressed next' },
  { keys: ['←', '↑', '→', '↓'], words: 'In a graph: to the neighbour' },
  { keys: ['←', '→'], words: 'On a run’s scrubber: an event back, or on' },
  { keys: ['Page ↑', 'Page ↓'], words: 'On it: a tenth of the run on, or back' },
  { keys: ['Home', 'End'], words: 'On it: to the first event, or back to live' },
  { keys: ['Space'], words: 'On Play: plays, and pauses' },
  { keys: ['Enter'], words: 'Open it' },
  { keys: ['Esc'], words: 'Close what is open' },
];

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const shown = (key: string): string => (key === 'mod' ? (isMac ? '⌘' : 'Ctrl') : key);

export default function HelpSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const areOn = useSingleKeys();
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <dl className={styles.keys}>
        {[...SHORTCUTS, ...MORE].map(({ keys, words }) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key} className={styles.key}>
                  {shown(key)}
                </kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <label className={styles.choice}>
        <input type="checkbox" checked={areOn} onChange={({ target }) => setSingleKeys(target.checked)} />
        Single letters are shortcuts
      </label>
    </Dialog>
  );
}
