// Workflows: what is stored, how it looks, and how it is started.

import assert from 'node:assert/strict';
import { isRun, row, sees } from '../seen.mjs';

const first = 'name: shown\nnodes: [{ id: one, run: echo one }]\n';
const second = `
name: shown
description: Says hello
inputs:
  who: { type: string, minLength: 2, description: Whom to greet }
  times: { type: integer, default: 1 }
nodes:
- { id: greet, run: 'echo "hello $TELLTALE_INPUT_WHO"' }
- { id: leave, needs: [greet], run: echo bye }
`;

export default {
  'a workflow shows its graph, its text, its versions and its runs': async ({ page, server }) => {
    await server.put(first);
    await server.put(second);
    await page.goto(`${server.url}/ui/workflows`);
    await page.locator('[data-workflow="shown"] a').click();
    await sees(page, '[data-defined="leave"]');
    await page.getByText('Says hello').first().waitFor();
    await page.getByRole('button', { name: 'version 2' }).click();
    await page.getByRole('menuitemradio', { name: /version 1,/ }).click();
    await sees(page, '[data-defined="one"]');
    assert.equal(new URL(page.url()).searchParams.get('version'), '1');
  },

  'a run is started from the form that its inputs describe': async ({ page, server, quiet }) => {
    await server.put(second);
    await page.goto(`${server.url}/ui/workflows/shown`);
    await page.getByRole('button', { name: 'Start a run' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('who').fill('x');
    quiet.add(400);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await dialog.locator('[role="alert"]:has-text("who")').waitFor(); // the server's own words
    await dialog.getByLabel('who').fill('world');
    await dialog.getByRole('button', { name: 'Start' }).click();
    await isRun(page, 'COMPLETED');
    await page.locator('[data-log-seq]:has-text("hello world")').waitFor();
    await page.getByRole('link', { name: 'shown' }).first().click();
    await sees(page, 'li[data-run][data-status="COMPLETED"]');
  },

  'runs of a workflow that is defined elsewhere are shown all the same': async ({ page, server, quiet }) => {
    quiet.add(404);
    await server.call('POST', '/api/v1/runs', {
      runId: 'run-elsewhere',
      workflow: 'elsewhere',
      engine: 'external',
    });
    await page.goto(`${server.url}/ui/workflows/elsewhere`);
    await page.getByText('no definition of this workflow').waitFor();
    await sees(page, row('run-elsewhere'));
  },
};
