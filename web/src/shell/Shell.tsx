// The frame around every page: the bar with where one is, how the connection fares, and the way elsewhere.

import { Outlet } from 'react-router';
import { Bar } from './Bar';
import { ResumedNotice } from './ResumedNotice';
import styles from './Shell.module.css';
import { VersionNotice } from './VersionNotice';

export function Shell() {
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Bar />
      <main id="main" tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <ResumedNotice />
      <VersionNotice />
    </>
  );
}
