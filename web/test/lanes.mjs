// Which tests share a server. Those that look at all there is, or that kill it, have one that the others don't see.

import access from './cases/access.mjs';
import accounts from './cases/accounts.mjs';
import history from './cases/history.mjs';
import list from './cases/list.mjs';
import live from './cases/live.mjs';
import organizations from './cases/organizations.mjs';
import output from './cases/output.mjs';
import people from './cases/people.mjs';
import replay from './cases/replay.mjs';
import run from './cases/run.mjs';
import states from './cases/states.mjs';
import triggers from './cases/triggers.mjs';
import workflows from './cases/workflows.mjs';
import { CLIENT, Provider } from './openid.mjs';
import { Server } from './server.mjs';

/** Most of a test is waiting for two processes to draw and to store; a third fills the gaps of two cores. */
export const LANES_AT_ONCE = 3;

async function plain() {
  const server = await new Server().start();
  return { server, end: () => server.stop() };
}

/** A server with an owner, who ended the free pass of this machine, and with a provider to sign in at. */
async function withAccounts() {
  const provider = await new Provider().start();
  const server = new Server({ ...CLIENT, TELLTALE_OPENID_ISSUER: provider.issuer });
  const end = async () => {
    await server.stop();
    await provider.stop();
  };
  try {
    await server.start();
    await server.call('POST', '/api/v1/users', { email: 'first@example.org', role: 'owner' });
    server.actAsOperator();
    return { server, provider, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The longest first, so that no lane is left over at the end. */
export const LANES = [
  { begin: plain, cases: access },
  { begin: plain, cases: { ...run, ...list, ...people, ...workflows, ...output, ...replay } },
  { begin: plain, cases: live },
  { begin: withAccounts, cases: { ...accounts, ...organizations } },
  { begin: plain, cases: { ...states, ...history, ...triggers } },
];
