// History: how many runs there are, two of them beside each other, a run taken out as a file, deleted, and taken in again.

import assert from 'node:assert/strict';
import { isRun, row, sees, seesText, started } from '../seen.mjs';

const ended = (status, ...more) => [
  ...started('first', 'second'),
  { type: 'NODE_STARTED', nodeRef: 'first' },
  { type: 'NODE_COMPLETED', nodeRef: 'first' },
  { type: 'NODE_STARTED', nodeRef: 'second' },
  ...more,
  { type: `NODE_${status}`, nodeRef: 'second', ...(status === 'FAILED' && { error: { message: 'broke' } }) },
  { type: `RUN_${status}` },
];

const menu = async (page, item) => {
  await page.getByRole('button', { name: 'Export and more' }).click();
  await page.getByRole('menuitem', { name: item }).click();
};

export default {
  'the list says how many runs fit, and a filter is saved by its name': async ({ page, server }) => {
    await server.append('run-counted-a', ...ended('COMPLETED'));
    await server.append('run-counted-b', ...ended('FAILED'));
    await page.goto(`${server.url}/ui/?q=run-counted-`);
    await sees(page, '[data-count="2"]');
    await page.getByRole('button', { name: 'Saved', exact: true }).click();
    await page.getByLabel('Save this filter as').fill('counted');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.goto(`${server.url}/ui/`);
    await page.getByRole('button', { name: 'Saved', exact: true }).click();
    await page.getByRole('button', { name: 'counted', exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('q') === 'run-counted-');
  },

  'two runs are picked from the list and stand side by side': async ({ page, server }) => {
    await server.append('run-side-a', ...ended('COMPLETED'));
    await server.append('run-side-b', ...ended('FAILED'));
    await page.goto(`${server.url}/ui/?q=run-side-`);
    await page.getByRole('button', { name: 'Compare two …' }).click();
    await page.getByLabel('Pick run-side-a').check();
    await page.getByLabel('Pick run-side-b').check();
    await page.getByRole('button', { name: 'Compare the two' }).click();
    await seesText(page, 'They differ first at event');
    await sees(page, 'tr[data-row="second"]:has-text("differs in status")');
    await page.getByLabel('Only what differs').click();
    await page.locator('tr[data-row="first"]').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'second of run-side-b' }).click();
    await isRun(page, 'FAILED');
  },

  'a run is exported, deleted once its plan was seen, and imported again': async ({
    page,
    server,
    quiet,
  }) => {
    const runId = 'run-travels';
    await server.append(runId, ...ended('COMPLETED'));
    await server.log(runId, 'first', 'one', 'two');
    await page.goto(`${server.url}/ui/runs/${runId}`);
    await isRun(page, 'COMPLETED');
    const [download] = await Promise.all([page.waitForEvent('download'), menu(page, 'Bundle')]);
    const bundle = await download.path();
    quiet.add(404).add(410);
    await menu(page, 'Delete the run');
    await page.getByRole('dialog').getByText('2 lines of output').waitFor();
    await page.getByRole('button', { name: 'Delete the run' }).click();
    await page.waitForURL((url) => /^\/ui\/?$/.test(url.pathname));
    await page.goto(`${server.url}/ui/?q=${runId}`);
    await sees(page, 'h2:has-text("No run fits")');
    await page.getByRole('button', { name: 'Import …' }).click();
    await page.getByLabel('Bundle').setInputFiles(bundle);
    await page.getByLabel('And then').selectOption({ label: 'replay it a hundred times as fast' });
    await page.getByRole('button', { name: 'Replay' }).click();
    await isRun(page, 'COMPLETED');
    assert.notEqual(new URL(page.url()).pathname, `/ui/runs/${runId}`, 'a replay is a run of its own');
  },

  'what is old is cleaned up by a plan whose number is typed': async ({ page, server }) => {
    await server.call('POST', '/api/v1/events', [
      { runId: 'run-to-clean', type: 'RUN_QUEUED', data: { workflow: 'cleaned' } },
      { runId: 'run-to-clean', type: 'RUN_STARTED' },
      { runId: 'run-to-clean', type: 'RUN_COMPLETED' },
    ]);
    await page.goto(`${server.url}/ui/settings/retention`);
    await page.getByLabel('Older than, in days').fill('');
    await page.getByLabel('Of the workflow').fill('cleaned');
    await page.getByRole('button', { name: 'See what would go' }).click();
    await sees(page, '[data-plan][data-state="planned"]');
    await page.getByLabel('Type 1 to confirm').fill('1');
    await page.getByRole('button', { name: 'Delete 1 run' }).click();
    await sees(page, '[data-plan][data-state="applied"]');
    await page.getByRole('button', { name: 'Add a policy' }).click();
    await page.getByLabel('Keep for days').fill('365');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.reload();
    await sees(page, '[data-policy="all"]');
    await page.goto(`${server.url}/ui/?q=run-to-clean`);
    await page.locator(row('run-to-clean')).waitFor({ state: 'detached' });
  },
};
