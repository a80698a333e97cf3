// The page in a real browser against the real binary: badges move, a reload loses nothing, a killed server is resumed.
//
//   node web/test/page.mjs                 the tests
//   node web/test/page.mjs WORD            those whose names hold the word
//   node web/test/page.mjs --screenshots   docs/screenshots/ anew instead
//
// Chromium is the system's (CHROMIUM names another). Every wait is for something to be seen, with a limit. Tests stand in
// lanes (lanes.mjs): those of one lane share a server and come one after the other, lanes go on beside each other.

import { chromium } from 'playwright-core';
import { LANES, LANES_AT_ONCE } from './lanes.mjs';
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

const since = (from) => `${((performance.now() - from) / 1000).toFixed(1)} s`;

/** Runs the lane's tests; gives how many failed. */
async function runLane(browser, { begin, tests }) {
  let failed = 0;
  const { end, ...given } = await begin();
  try {
    for (const [name, body] of tests) {
      const from = performance.now();
      try {
        await withPage(browser, (tools) => body({ ...tools, ...given, browser }));
        console.log(`ok      ${name} (${since(from)})`);
      } catch (error) {
        failed += 1;
        console.log(`FAILED  ${name}\n${error.stack}\n${given.server.said}`);
      }
    }
  } finally {
    await end();
  }
  return failed;
}

async function runTests(browser, word) {
  const from = performance.now();
  const lanes = LANES.map(({ begin, cases }) => ({
    begin,
    tests: Object.entries(cases).filter(([name]) => name.includes(word)),
  })).filter(({ tests }) => tests.length > 0);
  const count = lanes.reduce((sum, { tests }) => sum + tests.length, 0);
  let failed = 0;
  const work = async () => {
    for (let lane = lanes.shift(); lane; lane = lanes.shift()) {
      const failedOfLane = await runLane(browser, lane);
      failed += failedOfLane;
    }
  };
  await Promise.all(Array.from({ length: LANES_AT_ONCE }, work));
  console.log(`\npage: ${count - failed} passed, ${failed} failed (${since(from)})`);
  return failed === 0 && count > 0;
}

async function pictures(browser) {
  const server = await new Server().start();
  try {
    return await takeScreenshots(browser, server);
  } finally {
    await server.stop();
  }
}

const [argument = ''] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: CHROMIUM_ARGS,
});
try {
  const isDone = argument === '--screenshots' ? await pictures(browser) : await runTests(browser, argument);
  process.exitCode = isDone ? 0 : 1;
} finally {
  await browser.close();
}
