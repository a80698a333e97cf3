// People of a server with accounts: invited by the operator, each test's own, and signed in as they would do it.

import { sees } from './seen.mjs';

export const PASSWORD = 'correct horse battery staple';

/** Invites somebody to the first organization; gives the link that they are handed. */
export async function invite(server, email, role) {
  const { signInLink } = await server.call('POST', '/api/v1/users', { email, role });
  return new URL(signInLink, server.url);
}

export async function choosePassword(page, link) {
  await page.goto(String(link));
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByLabel('The same again').fill(PASSWORD);
  await page.getByRole('button', { name: 'Keep it and sign in' }).click();
  await sees(page, 'button[aria-label^="Account:"]');
}

export async function signIn(page, email) {
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Goes to another organization by the menu, and waits until the page has begun anew there. */
export async function goTo(page, organization) {
  await page.getByRole('button', { name: /^Account:/ }).click();
  await page.getByRole('menuitemradio', { name: organization }).click();
  await sees(page, `button[aria-label="Account: ${organization}"]`);
}
