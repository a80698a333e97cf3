// A run while one looks at it.

import assert from 'node:assert/strict';
import {
  assertGapless,
  isLive,
  isNode,
  isRun,
  node,
  openRun,
  sees,
  seesText,
  seqsShown,
  started,
} from '../seen.mjs';

export default {
  'badges, progress and output move while the page is open': async ({ page, server }) => {
    const runId = 'run-moving';
    await server.append(runId, ...started('fetch', 'parse', 'store'));
    await openRun(page, server, runId);
    await isLive(page, 'socket');
    await isNode(page, 'fetch', 'PENDING');
    await server.append(runId, { type: 'NODE_STARTED', nodeRef: 'fetch', attempt: 1 });
    await isNode(page, 'fetch', 'RUNNING');
    await server.log(runId, 'fetch', '\u001b[32mgreen\u001b[0m and <b>not bold</b>');
    const green = page.locator('[data-log-seq] span', { hasText: /^green$/ });
    await green.waitFor();
    const colours = await green.evaluate((it) =>
      [it, it.parentElement].map((of) => getComputedStyle(of).color),
    );
    assert.notEqual(colours[0], colours[1], 'ANSI colours are not drawn');
    await seesText(page, '<b>not bold</b>');
    assert.equal(await page.locator('[data-log-seq] b').count(), 0, 'text became markup');
    await server.append(runId, {
      type: 'NODE_PROGRESS',
      nodeRef: 'fetch',
      attempt: 1,
      data: { completed: 3, total: 4 },
    });
    await sees(page, `${node('fetch')}:has-text("3/4")`);
    await server.append(
      runId,
      { type: 'NODE_COMPLETED', nodeRef: 'fetch', attempt: 1 },
      { type: 'NODE_STARTED', nodeRef: 'parse', attempt: 1 },
      { type: 'NODE_RETRYING', nodeRef: 'parse', attempt: 1, error: { message: '429 too many requests' } },
    );
    await isNode(page, 'parse', 'RETRYING');
    await server.append(
      runId,
      { type: 'NODE_STARTED', nodeRef: 'parse', attempt: 2 },
      { type: 'NODE_FAILED', nodeRef: 'parse', attempt: 2, error: { message: 'unexpected end of input' } },
      { type: 'NODE_SKIPPED', nodeRef: 'store' },
      { type: 'RUN_FAILED', error: { message: 'unexpected end of input' } },
    );
    await isNode(page, 'store', 'SKIPPED');
    await isRun(page, 'FAILED');
    await sees(page, '[aria-label="Why it failed"]:has-text("unexpected end of input")');
    await sees(page, 'header[data-run]:has-text("3/3")');
    assertGapless(await seqsShown(page));
  },

  'a reload shows the same, from the first event': async ({ page, server }) => {
    const runId = 'run-reload';
    const begun = { type: 'NODE_STARTED', nodeRef: 'only', attempt: 1 };
    await server.append(runId, ...started('only'), begun);
    await openRun(page, server, runId);
    await isNode(page, 'only', 'RUNNING');
    await server.log(runId, 'only', 'before the reload');
    await seesText(page, 'before the reload');
    await page.reload();
    await isNode(page, 'only', 'RUNNING');
    await seesText(page, 'before the reload');
    const seqs = await seqsShown(page);
    assert.equal(seqs[0], 1);
    assertGapless(seqs);
  },

  'a run that is not there says so': async ({ page, server, quiet }) => {
    quiet.add(404);
    await openRun(page, server, 'run-nowhere');
    await sees(page, '[role="alert"]:has-text("Not here")');
  },

  'addresses of the first page lead on': async ({ page, server }) => {
    await server.append('run-old-address', ...started('only'));
    await page.goto(`${server.url}/ui/#/runs/run-old-address`);
    await isRun(page, 'RUNNING');
    assert.equal(new URL(page.url()).pathname, '/ui/runs/run-old-address');
  },

  'scrolling up pauses the output, and the button follows again': async ({ page, server }) => {
    const runId = 'run-paused';
    const begun = { type: 'NODE_STARTED', nodeRef: 'only', attempt: 1 };
    await server.append(runId, ...started('only'), begun);
    await server.log(runId, 'only', ...Array.from({ length: 200 }, (_, n) => `line ${n}`));
    await openRun(page, server, runId);
    await seesText(page, 'line 199');
    await page.locator('[data-log-seq]').last().hover();
    await page.mouse.wheel(0, -400);
    await sees(page, 'button:has-text("Go to the end")');
    await server.log(runId, 'only', 'a later line');
    await page.locator('button:has-text("Go to the end")').click();
    await page.locator('[data-log-seq]:has-text("a later line")').waitFor();
    await sees(page, 'button:has-text("following")');
  },
};
