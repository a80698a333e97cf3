// What people do to runs: answer, stop, run again, start.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { isNode, isRun, openRun, openTab, sees } from '../seen.mjs';

const GREET = 'name: greet\nnodes:\n- { id: hello, run: echo hello }\n';
const PEOPLE = `
name: people
nodes:
- { id: called, workflow: greet }
- id: ask
  needs: [called]
  approval:
    message: May it go on?
    form:
      type: object
      properties: { days: { type: integer, minimum: 1 }, why: { type: string }, sure: { type: boolean } }
      required: [days]
      additionalProperties: false
- id: write
  needs: [ask]
  env: { DATA: "\${{ nodes.ask.output.data }}" }
  run: mkdir out; printf '%s' "$DATA" >out/answer.json
  artifacts: out/*
`;

export default {
  'a question is answered in the browser, and the run goes on to its end': async ({
    page,
    server,
    quiet,
  }) => {
    await server.put(GREET);
    await server.startWorkflow(PEOPLE, 'run-people');
    await openRun(page, server, 'run-people');
    await isRun(page, 'AWAITING_INPUT');
    const question = page.locator('[data-question="ask"]');
    await question.getByText('May it go on?').waitFor();
    await question.getByLabel('days').fill('0');
    quiet.add(400);
    await question.getByRole('button', { name: 'Approve' }).click();
    await question.locator('[role="alert"]:has-text("days")').waitFor(); // the server's own words
    await question.getByLabel('days').fill('3');
    await question.getByLabel('sure').check();
    await question.getByRole('button', { name: 'Approve' }).click();
    await isRun(page, 'COMPLETED');
    assert.equal(await page.locator('[data-question]').count(), 0, 'an answered question is still asked');
    await openTab(page, 'Artifacts');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'out/answer.json' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), 'answer.json');
    assert.deepEqual(JSON.parse(fs.readFileSync(await download.path(), 'utf8')), { days: 3, sure: true });
  },

  'a run is run again, rejected and stopped in the browser': async ({ page, server }) => {
    await server.put(GREET);
    await server.startWorkflow(PEOPLE, 'run-again');
    await openRun(page, server, 'run-again');
    await page.locator('[data-question="ask"]').getByRole('button', { name: 'Reject' }).click();
    await isNode(page, 'write', 'SKIPPED');
    await isRun(page, 'COMPLETED');
    await openRun(page, server, 'run-again', '?node=ask');
    await page.getByRole('button', { name: 'From here' }).click();
    await page.waitForURL((url) => !url.pathname.includes('run-again'));
    await isRun(page, 'AWAITING_INPUT');
    await isNode(page, 'called', 'COMPLETED');
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('button', { name: 'Stop the run' }).click();
    await isRun(page, 'CANCELLED');
    await sees(page, 'button:has-text("Run again")');
  },
};
