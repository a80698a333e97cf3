// Listens for the page's shortcuts, and does those that need nothing drawn.

import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { toggleTheme } from '../design/theme';
import { paths } from '../lib/paths';
import { SEQUENCE_MS, type Shortcut, shortcutOf } from '../lib/shortcuts';
import { areSingleKeysOn } from './single-keys';

const SEARCHES = '[data-shortcut="search"], [data-log-search]';
const ROWS = '[data-row-link]';

export function useShortcuts(open: (what: 'palette' | 'help') => void): void {
  const navigate = useNavigate();
  useEffect(() => {
    let before: { key: string; at: number } | null = null;
    function does(shortcut: Shortcut): void {
      if (shortcut === 'palette' || shortcut === 'help') open(shortcut);
      else if (shortcut === 'runs') void navigate(paths.runs());
      else if (shortcut === 'workflows') void navigate(paths.workflows());
      else if (shortcut === 'artifacts') void navigate(paths.artifacts());
      else if (shortcut === 'settings') void navigate(paths.settings());
      else if (shortcut === 'theme') toggleTheme();
      else if (shortcut === 'search') document.querySelector<HTMLElement>(SEARCHES)?.focus();
      else moveToRow(shortcut === 'next' ? 1 : -1);
    }
    function onKey(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.isComposing) return;
      const isMod = event.ctrlKey || event.metaKey;
      if (!isMod && isForSomebodyElse(event.target)) return;
      const isSoon = before !== null && event.timeStamp - before.at < SEQUENCE_MS;
      const key = { key: event.key, isMod, isAlt: event.altKey };
      const shortcut = shortcutOf(key, isSoon ? (before?.key ?? null) : null, areSingleKeysOn());
      before = { key: event.key, at: event.timeStamp };
      if (!shortcut) return;
      event.preventDefault();
      before = null;
      does(shortcut);
    }
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [navigate, open]);
}

/** Where letters are typed, or a menu or a dialog has them. */
function isForSomebodyElse(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.closest('input, textarea, select, [role="menu"], [role="dialog"]') !== null
  );
}

function moveToRow(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const next = rows[at < 0 ? 0 : at + by];
  next?.focus();
  next?.scrollIntoView({ block: 'nearest' });
}
