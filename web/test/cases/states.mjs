// How every status of a node looks, in both themes, against pictures that were kept; and that nothing on the run's page is out of
// reach for those who see or move differently.
//
//   TELLTALE_KEEP_PICTURES=1 node web/test/page.mjs status      keeps what is drawn now as what is right

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { isNode, openRun, openTab, sees } from '../seen.mjs';

const KEPT = path.join(import.meta.dirname, '../kept');
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const DIFFERENT_MAX = 0.004; // of all pixels: the smoothing of letters, not a mark of another shape
const SIZE = { width: '560px', height: '320px' };
const LEVEL_MAX = 48; // of 255, in any colour

const STATES = {
  PENDING: [],
  RUNNING: [{ type: 'NODE_PROGRESS', data: { completed: 214, total: 1000 } }],
  RETRYING: [{ type: 'NODE_RETRYING', data: { attempts: 3 }, error: { message: 'reset by peer' } }],
  AWAITING_INPUT: [{ type: 'NODE_AWAITING_INPUT', message: 'May it go on?' }],
  COMPLETED: [{ type: 'NODE_COMPLETED' }],
  FAILED: [{ type: 'NODE_FAILED', error: { message: 'exit 3', stack: 'at the end' } }],
  SKIPPED: [{ type: 'NODE_SKIPPED' }],
  CANCELLED: [{ type: 'NODE_CANCELLED' }],
};
const nameOf = (status) => `is-${status.toLowerCase()}`;

async function runInAllStates(server, runId) {
  const names = Object.keys(STATES).map(nameOf);
  const nodes = names.map((nodeRef, place) => ({ nodeRef, needs: place < 2 ? [] : [names[place - 2]] }));
  const events = Object.entries(STATES).flatMap(([status, said]) =>
    said.map((event) => ({ nodeRef: nameOf(status), attempt: 1, ...event })),
  );
  await server.append(
    runId,
    { type: 'RUN_QUEUED', data: { workflow: 'states', nodes } },
    { type: 'RUN_STARTED' },
    ...events,
  );
  await server.log(runId, nameOf('RUNNING'), 'a line', '\u001b[31mred\u001b[0m \u001b[42mon green\u001b[0m');
}

/** The share of pixels that differ between two PNGs, as the browser sees them; 1 where their sizes do. */
function difference(page, one, other) {
  return page.evaluate(
    async ([urls, level]) => {
      const pixels = await Promise.all(
        urls.map(async (url) => {
          const picture = new Image();
          picture.src = url;
          await picture.decode();
          const canvas = new OffscreenCanvas(picture.width, picture.height);
          const context = canvas.getContext('2d');
          context.drawImage(picture, 0, 0);
          return context.getImageData(0, 0, picture.width, picture.height);
        }),
      );
      const [a, b] = pixels;
      if (a.width !== b.width || a.height !== b.height) return 1;
      let different = 0;
      for (let at = 0; at < a.data.length; at += 4) {
        const isOff = [0, 1, 2].some((colour) => Math.abs(a.data[at + colour] - b.data[at + colour]) > level);
        if (isOff) different += 1;
      }
      return different / (a.width * a.height);
    },
    [[one, other].map((png) => `data:image/png;base64,${png.toString('base64')}`), LEVEL_MAX],
  );
}

async function looksAsKept(page, theme) {
  // At a size of its own, so that what stands around the graph does not matter.
  const graph = page.locator('[data-graph]');
  await graph.evaluate((it, size) => Object.assign(it.style, size), SIZE);
  await graph.getByRole('button', { name: 'Fit' }).click();
  await page.mouse.move(0, 0);
  const picture = await graph.screenshot({ animations: 'disabled' });
  const file = path.join(KEPT, `states-${theme}.png`);
  if (process.env.TELLTALE_KEEP_PICTURES) {
    fs.mkdirSync(KEPT, { recursive: true });
    fs.writeFileSync(file, picture);
  }
  const share = await difference(page, picture, fs.readFileSync(file));
  assert.ok(
    share <= DIFFERENT_MAX,
    `the ${theme} graph differs from ${file} in ${(share * 100).toFixed(2)} % of its pixels`,
  );
}

async function isWithinReach(page, where) {
  const { violations } = await page.evaluate((rules) => window.axe.run(document, { runOnly: rules }), RULES);
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join('\n  ')}`,
  );
  assert.deepEqual(told, [], where);
}

export default {
  'every status of a node has a look of its own, and all of it is within reach': async ({ page, server }) => {
    const runId = 'run-all-states';
    await runInAllStates(server, runId);
    // As a script of the test's, which the page's own policy need not allow.
    await page.addInitScript({ path: AXE });
    for (const theme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await openRun(page, server, runId);
      for (const status of Object.keys(STATES)) await isNode(page, nameOf(status), status);
      await sees(page, '[data-log-seq]');
      await page.evaluate(() => document.fonts.ready);
      await looksAsKept(page, theme);
      await isWithinReach(page, `output, ${theme}`);
      for (const tab of ['Events', 'Data', 'Artifacts']) {
        await openTab(page, tab);
        await isWithinReach(page, `${tab}, ${theme}`);
      }
      await page.locator('[data-graph] [data-node="is-failed"]').click();
      await openTab(page, 'Data');
      await sees(page, 'h3:has-text("Attempt 1")');
      await isWithinReach(page, `a node's data, ${theme}`);
    }
  },
};
