// Keys that work anywhere on the page. Pure: what a key means, after the key before it.

export type Shortcut =
  | 'palette'
  | 'help'
  | 'search'
  | 'runs'
  | 'workflows'
  | 'artifacts'
  | 'settings'
  | 'theme'
  | 'next'
  | 'previous';

type Entry = { does: Shortcut; keys: readonly string[]; words: string };

/** As the help sheet lists them. `mod` is ⌘ on a Mac and Ctrl elsewhere. */
export const SHORTCUTS: readonly Entry[] = [
  { does: 'palette', keys: ['mod', 'k'], words: 'Search, or go anywhere' },
  { does: 'search', keys: ['/'], words: 'Search what is shown' },
  { does: 'next', keys: ['j'], words: 'Next row of a list' },
  { does: 'previous', keys: ['k'], words: 'Row before' },
  { does: 'runs', keys: ['g', 'r'], words: 'Go to the runs' },
  { does: 'workflows', keys: ['g', 'w'], words: 'Go to the workflows' },
  { does: 'artifacts', keys: ['g', 'a'], words: 'Go to the artifacts' },
  { does: 'settings', keys: ['g', 's'], words: 'Go to the settings' },
  { does: 'theme', keys: ['t'], words: 'Change between light and dark' },
  { does: 'help', keys: ['?'], words: 'This sheet' },
];

/** The second key of two must follow within this. */
export const SEQUENCE_MS = 1_200;

export type Key = { key: string; isMod: boolean; isAlt: boolean };

/** What `key` does, `before` being the key before it where that was just now. Single keys do nothing while they are off. */
export function shortcutOf(
  { key, isMod, isAlt }: Key,
  before: string | null,
  singleKeys: boolean,
): Shortcut | null {
  if (isAlt) return null;
  if (isMod) return key.toLowerCase() === 'k' ? 'palette' : null;
  if (!singleKeys) return null;
  const sequence = SHORTCUTS.find(({ keys }) => keys.length === 2 && keys[0] === before && keys[1] === key);
  if (sequence) return sequence.does;
  return SHORTCUTS.find(({ keys }) => keys.length === 1 && keys[0] === key)?.does ?? null;
}
