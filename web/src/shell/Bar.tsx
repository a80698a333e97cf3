// The bar at the top.

import { NavLink } from 'react-router';
import { paths } from '../lib/paths';
import { SessionMenu } from '../session/SessionMenu';
import styles from './Bar.module.css';
import { BrandMark } from './BrandMark';
import { Crumbs } from './Crumbs';
import { LinkState } from './LinkState';
import { MoreMenu } from './MoreMenu';

export function Bar({ onOpen }: { onOpen: (what: 'palette' | 'help') => void }) {
  return (
    <header className={styles.bar}>
      <NavLink to={paths.runs()} className={styles.brand} aria-label="telltale, all runs">
        <BrandMark />
        <span className={styles.name}>telltale</span>
      </NavLink>
      <Crumbs />
      <LinkState />
      <nav className={styles.ways} aria-label="Pages">
        <NavLink to={paths.runs()} end>
          Runs
        </NavLink>
        <NavLink to={paths.workflows()}>Workflows</NavLink>
        <NavLink to={paths.artifacts()}>Artifacts</NavLink>
        <NavLink to={paths.settings()}>Settings</NavLink>
      </nav>
      <SessionMenu />
      <MoreMenu onOpen={onOpen} />
    </header>
  );
}
