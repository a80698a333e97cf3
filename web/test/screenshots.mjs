// The pictures of the README: a real run of the recon sample half way, and the list, light and dark; and one run from its
// first node on, as an animation.

import fs from 'node:fs';
import path from 'node:path';
import { takeAnimation } from './animation.mjs';
import { openRun, row, sees, withPage } from './seen.mjs';

const FOLDER = path.join(import.meta.dirname, '../../docs/screenshots');
const RUN = 'run-recon';

export async function takeScreenshots(browser, server) {
  fs.mkdirSync(FOLDER, { recursive: true });
  const runs = [server.run('flaky'), server.run('failing'), server.run('recon', '--run-id', RUN)];
  for (const colorScheme of ['light', 'dark']) {
    const shoot = (page, name) => page.screenshot({ path: path.join(FOLDER, `${name}-${colorScheme}.png`) });
    await withPage(
      browser,
      async ({ page }) => {
        await openRun(page, server, RUN);
        // Half way, with several nodes at work, in the graph and in the timeline, which follows a little later.
        await page.waitForFunction(
          () =>
            document.querySelectorAll('[data-node][data-status="RUNNING"]').length > 1 &&
            document.querySelectorAll('[data-timeline-node] [data-status="RUNNING"]').length > 1 &&
            document.querySelectorAll('[data-node][data-status="COMPLETED"]').length > 4,
        );
        await shoot(page, 'run');
        await page.goto(`${server.url}/ui/`);
        await sees(page, row(RUN));
        await shoot(page, 'runs');
      },
      { colorScheme },
    );
  }
  await Promise.all(runs);
  await takeAnimation(browser, server, path.join(FOLDER, 'run-live.gif'));
  return true;
}
