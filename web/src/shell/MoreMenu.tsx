// What the bar has no room for: the palette, the help, the theme, and on a phone the way to the other pages.

import { useNavigate } from 'react-router';
import { Button } from '../design/Button';
import { Menu, MenuChoices, MenuItem, MenuLine } from '../design/Menu';
import { setTheme, type Theme, useTheme } from '../design/theme';
import { paths } from '../lib/paths';

const THEMES: ReadonlyArray<{ value: Theme; label: string }> = [
  { value: 'system', label: 'Theme of the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

export function MoreMenu({ onOpen }: { onOpen: (what: 'palette' | 'help') => void }) {
  const theme = useTheme();
  const navigate = useNavigate();
  const trigger = (
    <Button look="bare" aria-label="More">
      <svg viewBox="0 0 16 16" width="16" height="16" fill="currentcolor" aria-hidden="true">
        <circle cx="3" cy="8" r="1.5" />
        <circle cx="8" cy="8" r="1.5" />
        <circle cx="13" cy="8" r="1.5" />
      </svg>
    </Button>
  );
  return (
    <Menu trigger={trigger}>
      <MenuItem onSelect={() => void navigate(paths.runs())}>Runs</MenuItem>
      <MenuItem onSelect={() => void navigate(paths.workflows())}>Workflows</MenuItem>
      <MenuItem onSelect={() => void navigate(paths.artifacts())}>Artifacts</MenuItem>
      <MenuItem onSelect={() => void navigate(paths.settings())}>Settings</MenuItem>
      <MenuItem onSelect={() => location.assign('/docs')}>The API</MenuItem>
      <MenuLine />
      <MenuItem onSelect={() => onOpen('palette')}>Search, or go anywhere …</MenuItem>
      <MenuItem onSelect={() => onOpen('help')}>Keyboard shortcuts</MenuItem>
      <MenuLine />
      <MenuChoices label="Theme" value={theme} choices={THEMES} onChange={setTheme} />
    </Menu>
  );
}
