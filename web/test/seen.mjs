// What the tests look for on the page, and the harness that gives each test a page of its own.

import assert from 'node:assert/strict';
import path from 'node:path';

const SEEN_WITHIN_MS = 30_000; // a loaded machine with two cores

export const node = (nodeRef) => `[data-node="${nodeRef}"]`;
export const row = (runId) => `li[data-run="${runId}"]`;
export const sees = (page, selector) => page.locator(selector).first().waitFor({ state: 'visible' });
export const seesText = (page, text) =>
  page.getByText(text, { exact: false }).first().waitFor({ state: 'visible' });
export const isNode = (page, nodeRef, status) => sees(page, `${node(nodeRef)}[data-status="${status}"]`);
export const isRun = (page, status) => sees(page, `header[data-run][data-status="${status}"]`);
export const isLive = (page, by) => sees(page, `#link[data-state="live"][data-by="${by}"]`);
export const openRun = (page, server, runId, search = '') =>
  page.goto(`${server.url}/ui/runs/${encodeURIComponent(runId)}${search}`);
export const openTab = (page, name) => page.getByRole('tab', { name }).click();

/** The seqs of the events that the page shows. */
export async function seqsShown(page) {
  await openTab(page, 'Events');
  await sees(page, '[data-seq]');
  return page.locator('[data-seq]').evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)));
}

export function assertGapless(seqs) {
  const wanted = seqs.map((_, index) => (seqs[0] ?? 0) + index);
  assert.deepEqual(seqs, wanted, `events shown are not in order without gaps: ${seqs}`);
}

/** The first events of a run with these nodes. */
export const started = (...names) => [
  {
    type: 'RUN_QUEUED',
    data: { workflow: 'page-test', nodes: names.map((nodeRef) => ({ nodeRef, needs: [] })) },
  },
  { type: 'RUN_STARTED' },
];

let failures = 0;

/** A page of its own for each test; anything that the browser complains about fails it. */
export async function withPage(browser, body, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(SEEN_WITHIN_MS);
  const complaints = [];
  const quiet = new Set();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A server that was killed is meant to be missed; the page says so itself.
    const isExpected =
      /ERR_(CONNECTION|EMPTY_RESPONSE|INCOMPLETE|NETWORK_CHANGED|INTERNET_DISCONNECTED)|WebSocket connection/.test(
        message.text(),
      ) || [...quiet].some((status) => message.text().includes(String(status)));
    if (message.type() === 'error' && !isExpected)
      complaints.push(`${message.text()} (${message.location().url})`);
  });
  try {
    await body({ page, context, quiet });
    assert.deepEqual(complaints, []);
  } catch (error) {
    const picture = path.join(import.meta.dirname, '../../target', `page-test-failure-${++failures}.png`);
    await page.screenshot({ path: picture }).catch(() => {});
    error.message += `\n(the page as it was: ${picture})`;
    throw error;
  } finally {
    await context.close();
  }
}
