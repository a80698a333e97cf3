// What the palette offers without asking the server, and how typed words are held against it.

import { setTheme } from '../../design/theme';
import { paths } from '../../lib/paths';
import { SETTINGS } from '../../pages/settings/areas';

export type Command = {
  id: string;
  group: string;
  words: string;
  /** Said beside it, and searched too. */
  note?: string;
  does: { to: string } | { run: () => void } | { load: string };
};

export const COMMANDS: readonly Command[] = [
  { id: 'runs', group: 'Go to', words: 'Runs', note: 'all of them', does: { to: paths.runs() } },
  {
    id: 'failed',
    group: 'Go to',
    words: 'Runs that failed',
    does: { to: paths.runs({ status: 'FAILED,TIMED_OUT,TERMINATED' }) },
  },
  {
    id: 'running',
    group: 'Go to',
    words: 'Runs that are going on',
    does: { to: paths.runs({ status: 'QUEUED,RUNNING' }) },
  },
  {
    id: 'waiting',
    group: 'Go to',
    words: 'Runs that wait for an answer',
    does: { to: paths.runs({ status: 'AWAITING_INPUT' }) },
  },
  {
    id: 'stale',
    group: 'Go to',
    words: 'Stale runs',
    note: 'no sign of life',
    does: { to: paths.runs({ status: 'STALE' }) },
  },
  { id: 'workflows', group: 'Go to', words: 'Workflows', does: { to: paths.workflows() } },
  {
    id: 'artifacts',
    group: 'Go to',
    words: 'Artifacts',
    note: 'of all runs',
    does: { to: paths.artifacts() },
  },
  { id: 'compare', group: 'Go to', words: 'Compare two runs', does: { to: paths.compare() } },
  ...SETTINGS.map(
    ({ area, label, note }): Command => ({
      id: area,
      group: 'Settings',
      words: label,
      note,
      does: { to: paths.settings(area) },
    }),
  ),
  { id: 'docs', group: 'Go to', words: 'The API', note: 'docs, OpenAPI', does: { load: '/docs' } },
  { id: 'light', group: 'Theme', words: 'Light theme', does: { run: () => setTheme('light') } },
  { id: 'dark', group: 'Theme', words: 'Dark theme', does: { run: () => setTheme('dark') } },
  { id: 'system', group: 'Theme', words: 'Theme of the system', does: { run: () => setTheme('system') } },
];

/** Every word that was typed stands somewhere in it. */
export function matches({ words, note = '' }: Command, typed: string): boolean {
  const text = `${words} ${note}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
