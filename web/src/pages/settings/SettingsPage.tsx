// The settings' frame: the way between them, beside the one that is open.

import { NavLink, Outlet, useLocation } from 'react-router';
import { paths } from '../../lib/paths';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';
import { SETTINGS } from './areas';
import styles from './SettingsPage.module.css';

export default function SettingsPage() {
  const { pathname } = useLocation();
  const shown = SETTINGS.find(({ area }) => pathname === paths.settings(area));
  const label = shown?.label ?? 'Settings';
  useCrumbs(
    shown ? [{ label: 'Settings', to: paths.settings() }, { label }] : [{ label: 'Settings' }],
    shown ? `${label}, settings` : label,
  );
  return (
    <div className={layout.page}>
      <h1 className="unseen">{label}</h1>
      <div className={styles.columns}>
        <nav className={styles.ways} aria-label="Settings">
          {SETTINGS.map(({ area, label }) => (
            <NavLink key={area} to={paths.settings(area)}>
              {label}
            </NavLink>
          ))}
        </nav>
        <div className={styles.content}>
          <Outlet />
        </div>
      </div>
    </div>
  );
}
