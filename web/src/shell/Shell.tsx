// The frame around every page: the bar with where one is, how the connection fares, and the way elsewhere.

import { lazy, Suspense, useState } from 'react';
import { Outlet } from 'react-router';
import { Bar } from './Bar';
import { ResumedNotice } from './ResumedNotice';
import styles from './Shell.module.css';
import { useShortcuts } from './use-shortcuts';
import { VersionNotice } from './VersionNotice';

const Palette = lazy(() => import('./palette/Palette'));
const HelpSheet = lazy(() => import('./HelpSheet'));

export function Shell() {
  const [opened, setOpened] = useState<'palette' | 'help' | null>(null);
  useShortcuts(setOpened);
  const close = () => setOpened(null);
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <Bar onOpen={setOpened} />
      <main id="main" tabIndex={-1} className={styles.main}>
        <Outlet />
      </main>
      <ResumedNotice />
      <VersionNotice />
      <Suspense>
        {opened === 'palette' && <Palette open onClose={close} />}
        {opened === 'help' && <HelpSheet open onClose={close} />}
      </Suspense>
    </>
  );
}
