// The connection: what is lost comes back, by whatever way is left, and nothing is missing.

import assert from 'node:assert/strict';
import { Middlebox } from '../proxy.mjs';
import {
  assertGapless,
  isLive,
  isNode,
  isRun,
  openRun,
  row,
  sees,
  seesText,
  seqsShown,
  started,
} from '../seen.mjs';

const begin = { type: 'NODE_STARTED', nodeRef: 'only', attempt: 1 };
const finish = [{ type: 'NODE_COMPLETED', nodeRef: 'only', attempt: 1 }, { type: 'RUN_COMPLETED' }];

async function withProxy(server, body) {
  const proxy = await new Middlebox(server).start();
  try {
    await body(proxy);
  } finally {
    await proxy.stop();
  }
}

export default {
  'a killed and restarted server is resumed without a gap': async ({ page, server }) => {
    const runId = 'run-killed';
    await server.append(runId, ...started('only'), begin);
    await openRun(page, server, runId);
    await isNode(page, 'only', 'RUNNING');
    await isLive(page, 'socket'); // what was never attached has nothing to resume
    await server.kill();
    await sees(page, '#link[data-state="waiting"]');
    await server.start();
    await sees(page, '[data-resumed]:has-text("0 gaps")');
    assert.match(await page.locator('[data-resumed]').innerText(), /^resumed at seq \d+, 0 gaps$/);
    await server.append(runId, ...finish);
    await isRun(page, 'COMPLETED');
    assertGapless(await seqsShown(page));
  },

  'a sample runs on through kill -9 of the server while the page watches': async ({ page, server }) => {
    const runId = 'run-sample';
    const done = server.run('flaky', '--run-id', runId);
    await page.goto(`${server.url}/ui/`);
    await sees(page, row(runId));
    await openRun(page, server, runId);
    await isLive(page, 'socket');
    await sees(page, '[data-node][data-status="RETRYING"], [data-node]:has-text("attempt 2")');
    await server.kill();
    await server.start();
    await sees(page, '[data-resumed]:has-text("0 gaps")');
    const { code, printed } = await done;
    assert.equal(code, 0, printed);
    await isRun(page, 'COMPLETED');
    assertGapless(await seqsShown(page));
  },

  'a socket that is dead without saying so is found and replaced': async ({ page, server }) => {
    await withProxy(server, async (proxy) => {
      const runId = 'run-dead-socket';
      await server.append(runId, ...started('only'));
      await openRun(page, proxy, runId);
      await isLive(page, 'socket');
      proxy.isSilent = true;
      await server.append(runId, begin);
      await page.locator('#link').click();
      await sees(page, '#link[data-state="waiting"]');
      proxy.isSilent = false;
      await isNode(page, 'only', 'RUNNING');
      await sees(page, '[data-resumed]:has-text("0 gaps")');
    });
  },

  'without WebSockets it is SSE, without streams it is polling, and all of it shows the same': async ({
    page,
    server,
    quiet,
  }) => {
    quiet.add(403);
    await withProxy(server, async (proxy) => {
      proxy.passesSockets = false;
      const runId = 'run-by-less';
      await server.append(runId, ...started('only'));
      await openRun(page, proxy, runId);
      await isLive(page, 'sse');
      await server.append(runId, begin);
      await isNode(page, 'only', 'RUNNING');
      await server.log(runId, 'only', 'a line by SSE');
      await seesText(page, 'a line by SSE');
      proxy.passesStreams = false;
      proxy.cut();
      await isLive(page, 'poll');
      await sees(page, '#link:has-text("polling")');
      await server.log(runId, 'only', 'a line by polling');
      await seesText(page, 'a line by polling');
      await server.append(runId, ...finish);
      await isRun(page, 'COMPLETED');
      assertGapless(await seqsShown(page));
    });
  },

  'the transport that the address asks for shows the same': async ({ page, server }) => {
    for (const transport of ['sse', 'poll']) {
      const runId = `run-by-${transport}`;
      await server.append(runId, ...started('only'));
      await openRun(page, server, runId, `?transport=${transport}`);
      await isLive(page, transport);
      await server.append(runId, begin);
      await server.log(runId, 'only', `a line by ${transport}`);
      await isNode(page, 'only', 'RUNNING');
      await seesText(page, `a line by ${transport}`);
      await server.append(runId, ...finish);
      await isRun(page, 'COMPLETED');
      assertGapless(await seqsShown(page));
    }
  },

  'all tabs share one socket, and a tab that goes takes nothing with it': async ({
    page,
    context,
    server,
  }) => {
    await withProxy(server, async (proxy) => {
      const runId = 'run-tabs';
      await server.append(runId, ...started('only'));
      await openRun(page, proxy, runId);
      await isNode(page, 'only', 'PENDING');
      const [list, second] = [await context.newPage(), await context.newPage()];
      await list.goto(`${proxy.url}/ui/`);
      await openRun(second, proxy, runId);
      await isNode(second, 'only', 'PENDING');
      await sees(list, row(runId));
      await page.close();
      await server.append(runId, begin, ...finish);
      await isRun(second, 'COMPLETED');
      await sees(list, `${row(runId)}[data-status="COMPLETED"]`);
      assert.equal(proxy.sockets, 1, 'each tab has a socket of its own');
    });
  },

  'a newer page is told of once the server has come back': async ({ page, server }) => {
    let tag = '"one"';
    await page.route('**/ui/', (route) => {
      if (route.request().method() !== 'HEAD') return route.continue();
      return route.fulfill({ status: 200, headers: { etag: tag } });
    });
    await page.goto(`${server.url}/ui/`);
    await isLive(page, 'socket');
    await server.kill();
    await sees(page, '#link[data-state="waiting"]');
    tag = '"two"';
    await server.start();
    await page.getByText('The server has a newer version of this page').waitFor();
    await page.getByRole('button', { name: 'Load it' }).click();
    await page.getByText('The server has a newer version of this page').waitFor({ state: 'detached' });
  },

  'going offline and back resumes': async ({ page, context, server }) => {
    const runId = 'run-offline';
    await server.append(runId, ...started('only'));
    await openRun(page, server, runId);
    await isLive(page, 'socket');
    await context.setOffline(true);
    await sees(page, '#link[data-state="offline"]');
    await server.append(runId, begin);
    await context.setOffline(false);
    await isLive(page, 'socket');
    await isNode(page, 'only', 'RUNNING');
  },
};
