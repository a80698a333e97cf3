// What starts runs by itself, whom the server tells of them, and the files that they leave.

import assert from 'node:assert/strict';
import { row, sees, seesText, started } from '../seen.mjs';

const source =
  'name: triggered\ninputs: { who: { type: string } }\nnodes: [{ id: hello, run: echo hello }]\n';

export default {
  'an address that is made on a workflow’s page starts runs of it': async ({ page, server }) => {
    await server.put(source);
    await page.goto(`${server.url}/ui/workflows/triggered`);
    await page.getByRole('button', { name: 'Make an address' }).click();
    await page.getByLabel('Who posts to it').fill('the page’s test');
    await page.getByRole('button', { name: 'Make it' }).click();
    const address = await page.getByRole('dialog').locator('code').first().innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    await seesText(page, 'the page’s test');
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"who":"world"}',
    });
    assert.equal(answer.status, 202);
    const { runId } = await answer.json();
    await sees(page, row(runId));
  },

  'a schedule says in words when it starts, and pauses': async ({ page, server }) => {
    await server.put(source);
    await page.goto(`${server.url}/ui/workflows/triggered`);
    await page.getByRole('button', { name: 'Make a schedule' }).click();
    await page.getByLabel(/^Cron/).fill('30 3 * * 1-5');
    await seesText(page, 'That is Monday to Friday at 03:30.');
    await page.getByLabel('Time zone').fill('Europe/Vienna');
    await page.getByLabel('Inputs as JSON, if any').fill('{"who": "the clock"}');
    await page.getByRole('button', { name: 'Make it' }).click();
    const schedules = page.getByRole('region', { name: 'Schedules' });
    await schedules.getByText('Monday to Friday at 03:30').waitFor();
    await schedules.locator('time').first().waitFor();
    await schedules.getByRole('button', { name: 'Pause' }).click();
    await schedules.getByText('paused').waitFor();
  },

  'a notification shows its secret once, and what became of a test': async ({ page, server }) => {
    await page.goto(`${server.url}/ui/settings/notifications`);
    await page.getByRole('button', { name: 'Add an address' }).click();
    await page.getByRole('textbox', { name: 'Address' }).fill('https://hooks.telltale.invalid/in');
    await page.getByRole('button', { name: 'Add it' }).click();
    const secret = await page.getByRole('dialog').locator('code').innerText();
    assert.match(secret, /^whsec_/);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Test' }).click();
    await sees(page, '[data-delivery]');
    await page.getByText(secret).waitFor({ state: 'detached' });
  },

  'the library finds an artifact, and shows markup as text': async ({ page, server }) => {
    await server.append('run-with-file', ...started('one'));
    const answer = await fetch(
      `${server.url}/api/v1/runs/run-with-file/artifacts?name=report-42.html&nodeRef=one`,
      {
        method: 'POST',
        headers: { 'content-type': 'text/html' },
        body: '<h1>not drawn</h1><script>document.title = "run"</script>',
      },
    );
    assert.ok(answer.ok, `${answer.status}`);
    await page.goto(`${server.url}/ui/artifacts?q=report-42`);
    await page.getByRole('button', { name: 'report-42.html' }).click();
    await seesText(page, '<h1>not drawn</h1>');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download report-42.html' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'report-42.html');
  },
};
