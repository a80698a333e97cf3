// Signing in: by a link, by password, at another provider; two tabs, an invitation, a viewer, and the way out.

import assert from 'node:assert/strict';
import { isLive, row, sees, seesText, started } from '../seen.mjs';
import { choosePassword, invite, signIn } from '../signing-in.mjs';

const RUN = 'run-of-ours';

export default {
  'signing in leads back, is shared by tabs, outlives a reload, and ends for all of them': async ({
    page,
    context,
    server,
    quiet,
  }) => {
    quiet.add(401);
    await server.append(RUN, ...started('only'));
    await choosePassword(page, await invite(server, 'olga@example.org', 'owner'));
    await sees(page, row(RUN));
    await isLive(page, 'socket');
    await page.reload();
    await sees(page, row(RUN));
    const other = await context.newPage();
    await other.goto(`${server.url}/ui/runs/${RUN}`);
    await sees(other, `header[data-run="${RUN}"]`);
    await isLive(other, 'socket');
    await page.getByRole('button', { name: /^Account:/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel('E-mail').waitFor();
    await other.getByLabel('E-mail').waitFor();
    await signIn(other, 'olga@example.org');
    await sees(other, `header[data-run="${RUN}"]`);
    assert.equal(new URL(other.url()).pathname, `/ui/runs/${RUN}`);
  },

  'an owner invites a viewer, who looks at everything and changes nothing': async ({
    page,
    browser,
    server,
    quiet,
  }) => {
    quiet.add(401);
    await server.append(RUN, ...started('only'));
    await choosePassword(page, await invite(server, 'owner@example.org', 'owner'));
    await sees(page, row(RUN));
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
  },

  'another provider signs in, leads back to where one was, and is told of when it lets nobody in': async ({
    page,
    server,
    provider,
    quiet,
  }) => {
    quiet.add(401);
    await server.append(RUN, ...started('only'));
    const throughProvider = async (claims) => {
      provider.claims = { email_verified: true, name: 'Dev', ...claims };
      await page.getByRole('link', { name: 'Sign in with Stand-in' }).click();
      await page.getByRole('link', { name: `Go on as ${claims.email}` }).click();
    };
    await page.goto(`${server.url}/ui/runs/${RUN}?tab=events`);
    await throughProvider({ sub: '1', email: 'stranger@example.org', groups: ['other'] });
    await page.locator('[role="alert"]:has-text("Stand-in did not let you in here")').waitFor();
    await throughProvider({ sub: '2', email: 'dev@example.org', groups: ['dev'] });
    await sees(page, `header[data-run="${RUN}"]`);
    await isLive(page, 'socket');
    const { pathname, search } = new URL(page.url());
    assert.equal(pathname + search, `/ui/runs/${RUN}?tab=events`);
    await page.getByRole('button', { name: /^Account:/ }).click();
    await seesText(page, 'Dev, dev@example.org, member');
  },
};
