// Where one is, as a way back.

import { Link } from 'react-router';
import styles from './Crumbs.module.css';
import { useShownCrumbs } from './crumbs-context';

export function Crumbs() {
  const crumbs = useShownCrumbs();
  return (
    <nav className={styles.crumbs} aria-label="Where you are">
      <ol>
        {crumbs.map(({ label, to, mono }) => (
          <li key={`${to ?? ''} ${label}`} className={mono ? 'mono' : undefined}>
            {to ? <Link to={to}>{label}</Link> : <span aria-current="page">{label}</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
