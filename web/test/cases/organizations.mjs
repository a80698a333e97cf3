// Organizations: one is made, others are invited to it, and who belongs to several goes from one to another in all tabs.

import assert from 'node:assert/strict';
import { isLive, row, sees, seesText, started } from '../seen.mjs';
import { choosePassword, goTo, invite } from '../signing-in.mjs';

const RUN = 'run-of-the-first';

export default {
  'an organization is made, takes others in, and shows nothing of the one before': async ({
    page,
    context,
    browser,
    server,
    quiet,
  }) => {
    quiet.add(401);
    await server.append(RUN, ...started('only'));
    await choosePassword(page, await invite(server, 'maker@example.org', 'owner'));
    await sees(page, row(RUN));
    const first = (await page.getByRole('button', { name: /^Account:/ }).getAttribute('aria-label')).slice(9);
    const other = await context.newPage();
    await other.goto(`${server.url}/ui/`);
    await sees(other, row(RUN));

    await page.getByRole('button', { name: /^Account:/ }).click();
    await page.getByRole('menuitem', { name: 'Organizations' }).click();
    await page.getByRole('button', { name: 'Make an organization' }).click();
    await page.getByLabel('Name').fill('Acme');
    await page.getByRole('button', { name: 'Make it and go there' }).click();
    await sees(page, 'button[aria-label="Account: Acme"]');
    assert.equal(new URL(page.url()).pathname, '/ui/settings/people');
    // The other tab has gone along, and what it showed is gone.
    await sees(other, 'button[aria-label="Account: Acme"]');
    await sees(other, 'h2:has-text("No runs yet")');
    await isLive(other, 'socket');
    assert.equal(await other.locator(row(RUN)).count(), 0);

    await page.getByRole('button', { name: 'Invite somebody' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('E-mail').fill('guest@example.org');
    await dialog.getByRole('button', { name: 'Invite' }).click();
    const link = await dialog.locator('code').innerText();
    const theirs = await (await browser.newContext()).newPage();
    await choosePassword(theirs, link);
    await sees(theirs, 'button[aria-label="Account: Acme"]');
    await sees(theirs, 'h2:has-text("No runs yet")');
    await theirs.context().close();

    await goTo(other, first);
    await sees(other, row(RUN));
    await isLive(other, 'socket');
    await server.append('run-after-the-way-back', ...started('only'));
    await sees(other, row('run-after-the-way-back'));
    await sees(page, `button[aria-label="Account: ${first}"]`);
  },

  'in the personal organization nobody can be invited, and the page says why': async ({
    page,
    server,
    quiet,
  }) => {
    quiet.add(401);
    await choosePassword(page, await invite(server, 'alone@example.org', 'owner'));
    await page.goto(`${server.url}/ui/settings/organizations`);
    await page.locator('tr:has-text("nobody else can join")').getByRole('button').click();
    await page.waitForURL((url) => url.pathname === '/ui/');
    await sees(page, 'h2:has-text("No runs yet")');
    await page.goto(`${server.url}/ui/settings/people`);
    await seesText(page, 'Your personal organization is yours alone.');
    assert.ok(await page.getByRole('button', { name: 'Invite somebody' }).isDisabled());
    await page.goto(`${server.url}/ui/settings/organizations`);
    assert.ok(await page.getByRole('button', { name: 'Make an organization' }).isDisabled());
  },
};
