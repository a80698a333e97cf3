// Signing in, with a server of its own: the first user, an invitation, two tabs, a viewer, and the way out.

import assert from 'node:assert/strict';
import { isLive, row, sees, seesText, started } from '../seen.mjs';
import { Server } from '../server.mjs';

const PASSWORD = 'correct horse battery staple';

async function withAccounts(body) {
  const server = await new Server().start();
  try {
    const runId = 'run-of-ours';
    await server.append(runId, ...started('only'));
    // The first user of all is an owner, and ends the free pass of this machine.
    const invited = { email: 'owner@example.org', name: 'Olga', role: 'owner' };
    const { signInLink } = await server.call('POST', '/api/v1/users', invited);
    await body({ server, runId, signInLink: new URL(signInLink, server.url) });
  } finally {
    await server.stop();
  }
}

async function choosePassword(page, link) {
  await page.goto(String(link));
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Keep it and sign in' }).click();
}

async function signIn(page, email) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export default {
  'signing in leads back, is shared by tabs, outlives a reload, and ends for all of them': async ({
    page,
    context,
    quiet,
  }) => {
    quiet.add(401);
    await withAccounts(async ({ server, runId, signInLink }) => {
      await choosePassword(page, signInLink);
      await sees(page, row(runId));
      await isLive(page, 'socket');
      await page.reload();
      await sees(page, row(runId));
      const other = await context.newPage();
      await other.goto(`${server.url}/ui/runs/${runId}`);
      await sees(other, `header[data-run="${runId}"]`);
      await isLive(other, 'socket');
      await page.getByRole('button', { name: /^Account:/ }).click();
      await page.getByRole('menuitem', { name: 'Sign out' }).click();
      await page.getByLabel('E-mail').waitFor();
      await other.getByLabel('E-mail').waitFor();
      await signIn(other, 'owner@example.org');
      await sees(other, `header[data-run="${runId}"]`);
      assert.equal(new URL(other.url()).pathname, `/ui/runs/${runId}`);
    });
  },

  'an owner invites a viewer, who looks at everything and changes nothing': async ({
    page,
    browser,
    quiet,
  }) => {
    quiet.add(401);
    await withAccounts(async ({ server, runId, signInLink }) => {
      await choosePassword(page, signInLink);
      await sees(page, row(runId));
      await page.goto(`${server.url}/ui/settings/people`);
      await page.getByRole('button', { name: 'Invite somebody' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('E-mail').fill('viewer@example.org');
      await dialog.getByLabel('Role').selectOption('viewer');
      await dialog.getByRole('button', { name: 'Invite' }).click();
      const link = await dialog.locator('code').innerText();
      await dialog.getByRole('button', { name: 'Done' }).click();
      await seesText(page, 'viewer@example.org');
      await page.goto(`${server.url}/ui/settings/tokens`);
      await page.getByRole('button', { name: 'Make a token' }).click();
      await page.getByLabel(/^Name/).fill('ci');
      await page.getByRole('button', { name: 'Make it' }).click();
      const token = await page.getByRole('dialog').locator('code').innerText();
      const append = await fetch(`${server.url}/api/v1/runs/run-by-token/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify([{ type: 'RUN_STARTED' }]),
      });
      assert.equal(append.status, 200);
      await page.goto(`${server.url}/ui/settings/audit`);
      await sees(page, 'tr[data-row]');

      const theirs = await (await browser.newContext()).newPage();
      await choosePassword(theirs, link);
      await sees(theirs, row('run-by-token'));
      await theirs.goto(`${server.url}/ui/settings/people`);
      await seesText(theirs, 'Only owners of the organization may do this.');
      await theirs.goto(`${server.url}/ui/settings/notifications`);
      assert.ok(await theirs.getByRole('button', { name: 'Add an address' }).isDisabled());
      await theirs.context().close();
    });
  },
};
