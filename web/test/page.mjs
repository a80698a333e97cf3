// The page in a real browser against the real binary: badges move, a reload loses nothing, a killed server is resumed.
//
//   node web/test/page.mjs                 the tests
//   node web/test/page.mjs WORD            those whose names hold the word
//   node web/test/page.mjs --screenshots   docs/screenshots/ anew instead
//
// Chromium is the system's (CHROMIUM names another). Every wait is for something to be seen, with a limit.

import { chromium } from 'playwright-core';
import access from './cases/access.mjs';
import accounts from './cases/accounts.mjs';
import history from './cases/history.mjs';
import list from './cases/list.mjs';
import live from './cases/live.mjs';
import output from './cases/output.mjs';
import people from './cases/people.mjs';
import replay from './cases/replay.mjs';
import run from './cases/run.mjs';
import states from './cases/states.mjs';
import triggers from './cases/triggers.mjs';
import workflows from './cases/workflows.mjs';
import { takeScreenshots } from './screenshots.mjs';
import { withPage } from './seen.mjs';
import { Server } from './server.mjs';

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--no-first-run',
  '--disable-dev-shm-usage',
];

async function runTests(browser, server, word) {
  const tests = Object.entries({
    ...run,
    ...list,
    ...live,
    ...people,
    ...workflows,
    ...output,
    ...replay,
    ...states,
    ...access,
    ...history,
    ...accounts,
    ...triggers,
  }).filter(([name]) => name.includes(word));
  let failed = 0;
  for (const [name, body] of tests) {
    const from = performance.now();
    try {
      await withPage(browser, (tools) => body({ ...tools, server, browser }));
      console.log(`ok      ${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack}\n${server.said}`);
    }
  }
  console.log(`\npage: ${tests.length - failed} passed, ${failed} failed`);
  return failed === 0 && tests.length > 0;
}

const [argument = ''] = process.argv.slice(2);
const server = await new Server().start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: CHROMIUM_ARGS,
});
try {
  const isDone =
    argument === '--screenshots'
      ? await takeScreenshots(browser, server)
      : await runTests(browser, server, argument);
  process.exitCode = isDone ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
}
