// The page in a real browser against the real binary: badges move, a reload loses nothing, a killed server is resumed.
//
//   node web/test/page.mjs                 the tests
//   node web/test/page.mjs --screenshots   docs/screenshots/ anew instead
//
// Chromium is the system's (CHROMIUM names another). Every wait is for something to be seen, with a limit.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { Server } from './server.mjs';

const SEEN_WITHIN_MS = 30_000; // a loaded machine with two cores
const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--no-first-run',
  '--disable-dev-shm-usage',
];

const tests = [];
const test = (name, body) => tests.push({ name, body });

// ---------------------------------------------------------------- what the tests say

const node = (nodeRef) => `[data-node="${nodeRef}"]`;
const sees = (page, selector) => page.locator(selector).first().waitFor({ state: 'visible' });
const seesText = (page, text) => page.getByText(text, { exact: false }).first().waitFor({ state: 'visible' });
const isNode = (page, nodeRef, status) => sees(page, `${node(nodeRef)}[data-status="${status}"]`);
const isRun = (page, status) => sees(page, `.run[data-status="${status}"]`);
const isLive = (page, transport) => sees(page, `#link[data-state="live"]:has-text("${transport}")`);
const openRun = (page, server, runId, search = '') => page.goto(`${server.url}/ui/${search}#/runs/${runId}`);

async function seqsShown(page) {
  return page.locator('.events li').evaluateAll((rows) => rows.map((row) => Number(row.dataset.seq)));
}

function assertGapless(seqs) {
  assert.deepEqual(
    seqs,
    seqs.map((_, index) => seqs[0] + index),
    `events shown are not in order without gaps: ${seqs}`,
  );
}

const started = (names) => [
  {
    type: 'RUN_QUEUED',
    data: { workflow: 'page-test', nodes: names.map((nodeRef) => ({ nodeRef, needs: [] })) },
  },
  { type: 'RUN_STARTED' },
];

test('badges, progress and output move while the page is open', async ({ page, server }) => {
  const runId = 'run-moving';
  await server.append(runId, ...started(['fetch', 'parse', 'store']));
  await openRun(page, server, runId);
  await isLive(page, 'WebSocket');
  await isNode(page, 'fetch', 'PENDING');
  await server.append(runId, { type: 'NODE_STARTED', nodeRef: 'fetch', attempt: 1 });
  await isNode(page, 'fetch', 'RUNNING');
  await server.log(runId, 'fetch', '\u001b[32mgreen\u001b[0m and <b>not bold</b>');
  await sees(page, '.line .fg2:has-text("green")');
  await seesText(page, '<b>not bold</b>');
  assert.equal(await page.locator('.line b').count(), 0, 'text became markup');
  await server.append(runId, {
    type: 'NODE_PROGRESS',
    nodeRef: 'fetch',
    attempt: 1,
    data: { completed: 3, total: 4 },
  });
  await sees(page, `${node('fetch')} .count:has-text("3/4")`);
  await server.append(
    runId,
    { type: 'NODE_COMPLETED', nodeRef: 'fetch', attempt: 1 },
    { type: 'NODE_STARTED', nodeRef: 'parse', attempt: 1 },
    { type: 'NODE_RETRYING', nodeRef: 'parse', attempt: 1, error: { message: '429 too many requests' } },
  );
  await isNode(page, 'parse', 'RETRYING');
  await server.append(
    runId,
    { type: 'NODE_STARTED', nodeRef: 'parse', attempt: 2 },
    { type: 'NODE_FAILED', nodeRef: 'parse', attempt: 2, error: { message: 'unexpected end of input' } },
    { type: 'NODE_SKIPPED', nodeRef: 'store' },
    { type: 'RUN_FAILED', error: { message: 'unexpected end of input' } },
  );
  await isNode(page, 'store', 'SKIPPED');
  await isRun(page, 'FAILED');
  await sees(page, `${node('parse')} .attempt:has-text("attempt 2")`);
  await sees(page, '.failure:has-text("unexpected end of input")');
  await sees(page, '.head .count:has-text("3/3")');
  await sees(page, '#link[data-state="ended"]');
  assertGapless(await seqsShown(page));
});

test('a reload shows the same, from the first event', async ({ page, server }) => {
  const runId = 'run-reload';
  await server.append(runId, ...started(['only']), { type: 'NODE_STARTED', nodeRef: 'only', attempt: 1 });
  await openRun(page, server, runId);
  await isNode(page, 'only', 'RUNNING');
  await server.log(runId, 'only', 'before the reload');
  await seesText(page, 'before the reload');
  await page.reload();
  await isNode(page, 'only', 'RUNNING');
  await seesText(page, 'before the reload');
  const seqs = await seqsShown(page);
  assert.equal(seqs[0], 1);
  assertGapless(seqs);
});

test('a killed and restarted server is resumed without a gap', async ({ page, server }) => {
  const runId = 'run-killed';
  await server.append(runId, ...started(['long']), { type: 'NODE_STARTED', nodeRef: 'long', attempt: 1 });
  await openRun(page, server, runId);
  await isNode(page, 'long', 'RUNNING');
  await isLive(page, 'WebSocket'); // what was never attached has nothing to resume
  await server.kill();
  await sees(page, '#link[data-state="waiting"]');
  await server.start();
  await sees(page, '.resumed:has-text("0 gaps")');
  await server.append(
    runId,
    { type: 'NODE_COMPLETED', nodeRef: 'long', attempt: 1 },
    { type: 'RUN_COMPLETED' },
  );
  await isRun(page, 'COMPLETED');
  assert.match(await page.locator('.resumed').innerText(), /^resumed at seq \d+, 0 gaps$/);
  assertGapless(await seqsShown(page));
});

test('SSE and long poll show the same as the WebSocket', async ({ page, server }) => {
  for (const [transport, words] of [
    ['sse', 'SSE'],
    ['poll', 'long poll'],
  ]) {
    const runId = `run-by-${transport}`;
    await server.append(runId, ...started(['only']));
    await openRun(page, server, runId, `?transport=${transport}`);
    await isLive(page, words);
    await server.append(runId, { type: 'NODE_STARTED', nodeRef: 'only', attempt: 1 });
    await server.log(runId, 'only', `a line by ${words}`);
    await isNode(page, 'only', 'RUNNING');
    await seesText(page, `a line by ${words}`);
    await server.append(
      runId,
      { type: 'NODE_COMPLETED', nodeRef: 'only', attempt: 1 },
      { type: 'RUN_COMPLETED' },
    );
    await isRun(page, 'COMPLETED');
    await sees(page, '#link[data-state="ended"]');
    assertGapless(await seqsShown(page));
  }
});

test('the list moves, filters by its address, and says which filter hides everything', async ({
  page,
  server,
}) => {
  await page.goto(`${server.url}/`);
  await isLive(page, 'WebSocket');
  const runId = 'run-listed';
  await server.append(runId, ...started(['only']));
  await sees(page, `[data-run="${runId}"][data-status="RUNNING"]`);
  await server.append(runId, { type: 'RUN_COMPLETED' });
  await sees(page, `[data-run="${runId}"][data-status="COMPLETED"]`);
  assert.equal(
    await page.locator('.runs li').first().getAttribute('data-run'),
    runId,
    'the newest run is not first',
  );
  await page.goto(`${server.url}/ui/#/?status=COMPLETED&q=${runId}`);
  await sees(page, `[data-run="${runId}"]`);
  await page.waitForFunction(() => document.querySelectorAll('.runs li').length === 1);
  await page.goto(`${server.url}/ui/#/?status=TIMED_OUT`);
  await sees(page, '.notice:has-text("timed_out")');
  await page.getByRole('link', { name: 'Show all runs' }).click();
  await sees(page, `[data-run="${runId}"]`);
});

test('a run that is not there says so', async ({ page, server, quiet }) => {
  quiet.add(404);
  await openRun(page, server, 'run-nowhere');
  await sees(page, '.notice:has-text("Not here")');
});

test('keys alone lead to a run, and a narrow screen scrolls in one direction only', async ({
  page,
  server,
}) => {
  const runId = 'run-keys';
  await server.append(runId, ...started(['only']));
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${server.url}/ui/`);
  await sees(page, `[data-run="${runId}"]`);
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.closest('.runs li') !== null)) break;
  }
  await page.keyboard.press('Enter');
  await isRun(page, 'RUNNING');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
});

test('scrolling up pauses the output, and the button follows again', async ({ page, server }) => {
  const runId = 'run-paused';
  await server.append(runId, ...started(['only']), { type: 'NODE_STARTED', nodeRef: 'only', attempt: 1 });
  await server.log(runId, 'only', ...Array.from({ length: 200 }, (_, n) => `line ${n}`));
  await openRun(page, server, runId);
  await seesText(page, 'line 199');
  await page.locator('.lines').hover();
  await page.mouse.wheel(0, -400);
  await sees(page, '.follow:has-text("Follow")');
  await server.log(runId, 'only', 'a later line');
  await sees(page, '.follow:has-text("1 new lines")');
  await page.locator('.follow').first().click();
  await page.locator('.line:has-text("a later line")').waitFor();
  assert.ok(
    await page.locator('.lines').evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight < 4),
  );
});

test('a sample runs on through kill -9 of the server while the page watches', async ({ page, server }) => {
  const runId = 'run-sample';
  const done = server.run('flaky', '--run-id', runId);
  await page.goto(`${server.url}/ui/`);
  await sees(page, `[data-run="${runId}"]`);
  await openRun(page, server, runId);
  await isLive(page, 'WebSocket');
  await sees(
    page,
    '[data-node][data-status="RETRYING"], [data-node][data-attempt="2"], [data-node][data-attempt="3"]',
  );
  await server.kill();
  await server.start();
  await sees(page, '.resumed:has-text("0 gaps")');
  const { code, printed } = await done;
  assert.equal(code, 0, printed);
  await isRun(page, 'COMPLETED');
  assertGapless(await seqsShown(page));
});

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

test('a question is answered in the browser, and the run goes on to its end', async ({
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
  quiet.add(400);
  await question.getByRole('button', { name: 'Approve' }).click();
  await question.locator('.said:has-text("days")').waitFor(); // the server's own words
  await question.getByLabel('days').fill('3');
  await question.getByLabel('sure').check();
  await question.getByRole('button', { name: 'Approve' }).click();
  await isRun(page, 'COMPLETED');
  assert.equal(await page.locator('[data-question]').count(), 0, 'an answered question is still asked');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'out/answer.json' }).click(),
  ]);
  assert.equal(download.suggestedFilename(), 'answer.json');
  assert.deepEqual(JSON.parse(fs.readFileSync(await download.path(), 'utf8')), { days: 3, sure: true });
  await page.locator(`${node('called')} .child`).click();
  await isNode(page, 'hello', 'COMPLETED');
  await page.getByRole('link', { name: 'workflow', exact: true }).click();
  await isNode(page, 'ask', 'COMPLETED');
});

test('a run is run again, rejected and cancelled in the browser', async ({ page, server }) => {
  await server.put(GREET);
  await server.startWorkflow(PEOPLE, 'run-again');
  await openRun(page, server, 'run-again');
  await page.locator('[data-question="ask"]').getByRole('button', { name: 'Reject' }).click();
  await isNode(page, 'write', 'SKIPPED');
  await isRun(page, 'COMPLETED');
  await page.goto(`${server.url}/ui/#/runs/run-again?node=ask`);
  await page.getByRole('button', { name: 'Run again from ask' }).click();
  await page.waitForFunction(() => !location.hash.includes('run-again'));
  await isRun(page, 'AWAITING_INPUT');
  await isNode(page, 'called', 'COMPLETED');
  page.once('dialog', (dialog) => dialog.accept());
  await page.getByRole('button', { name: 'Cancel' }).click();
  await isRun(page, 'CANCELLED');
  await sees(page, 'button:has-text("Run again")');
});

// ---------------------------------------------------------------- running them

/** A page of its own for each test; anything that the browser complains about fails it. */
async function withPage(browser, body, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(SEEN_WITHIN_MS);
  const complaints = [];
  const quiet = new Set();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // A server that was killed is meant to be missed; the page says so itself.
    const expected =
      /ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|WebSocket connection/.test(message.text()) ||
      [...quiet].some((status) => message.text().includes(String(status)));
    if (message.type() === 'error' && !expected)
      complaints.push(`${message.text()} (${message.location().url})`);
  });
  try {
    await body({ page, quiet });
    assert.deepEqual(complaints, []);
  } catch (error) {
    const picture = path.join(import.meta.dirname, '../../target', 'page-test-failure.png');
    await page.screenshot({ path: picture }).catch(() => {});
    error.message += `\n(the page as it was: ${picture})`;
    throw error;
  } finally {
    await context.close();
  }
}

async function runTests(browser, server) {
  let failed = 0;
  for (const { name, body } of tests) {
    const from = performance.now();
    try {
      await withPage(browser, (tools) => body({ ...tools, server }));
      console.log(`ok      ${name} (${((performance.now() - from) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}\n${error.stack}\n${server.said}`);
    }
  }
  console.log(`\npage: ${tests.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

/** The pictures of the README: a real run of the recon sample, half way. */
async function takeScreenshots(browser, server) {
  const folder = path.join(import.meta.dirname, '../../docs/screenshots');
  fs.mkdirSync(folder, { recursive: true });
  const runId = 'run-recon';
  const runs = [server.run('flaky'), server.run('failing'), server.run('recon', '--run-id', runId)];
  for (const colorScheme of ['light', 'dark']) {
    await withPage(
      browser,
      async ({ page }) => {
        await openRun(page, server, runId);
        // Half way, with several nodes at work, and at a moment when the state has nearly caught up with the events.
        await page.waitForFunction(
          () =>
            document.querySelectorAll('[data-node][data-status="RUNNING"] .meter:not([hidden])').length > 1 &&
            document.querySelectorAll('[data-node][data-status="COMPLETED"]').length > 4 &&
            Number(document.querySelector('.run').dataset.headSeq) + 5 >=
              Number(document.querySelector('.events').lastElementChild?.dataset.seq ?? Infinity),
        );
        await page.screenshot({ path: path.join(folder, `run-${colorScheme}.png`) });
      },
      { colorScheme },
    );
  }
  await Promise.all(runs);
  return true;
}

const server = await new Server().start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: CHROMIUM_ARGS,
});
try {
  const work = process.argv.includes('--screenshots') ? takeScreenshots : runTests;
  process.exitCode = (await work(browser, server)) ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
}
