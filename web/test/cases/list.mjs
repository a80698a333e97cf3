// The list of runs.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { isLive, isRun, row, sees, started } from '../seen.mjs';

/** All scripts that the list needs before it shows anything, as gzip sends them. */
const FIRST_LOAD_BYTES = 250 * 1024;
const APP = path.join(import.meta.dirname, '../../dist/app');

const shown = (page) => page.locator('li[data-run]').evaluateAll((rows) => rows.map((it) => it.dataset.run));

export default {
  'the first load is small': async ({ page, server }) => {
    const scripts = new Set();
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (/^\/ui\/.*\.js$/.test(pathname)) scripts.add(pathname.slice('/ui/'.length));
    });
    await server.append('run-first-load', ...started('only'));
    await page.goto(`${server.url}/ui/`);
    await sees(page, row('run-first-load'));
    await isLive(page, 'socket');
    const bytes = [...scripts].reduce((sum, name) => sum + fs.statSync(path.join(APP, `${name}.gz`)).size, 0);
    assert.ok(scripts.size > 0 && bytes <= FIRST_LOAD_BYTES, `${bytes} bytes in ${[...scripts].join(' ')}`);
    console.log(`        ${scripts.size} scripts, ${Math.round(bytes / 1024)} KiB of gzip`);
  },

  'the list moves, filters by its address, and says which filter hides everything': async ({
    page,
    server,
  }) => {
    await page.goto(`${server.url}/`);
    await isLive(page, 'socket');
    const runId = 'run-listed';
    await server.append(runId, ...started('only'));
    await sees(page, `${row(runId)}[data-status="RUNNING"]`);
    await server.append(runId, { type: 'RUN_COMPLETED' });
    await sees(page, `${row(runId)}[data-status="COMPLETED"]`);
    assert.equal((await shown(page))[0], runId, 'the newest run is not first');
    await page.goto(`${server.url}/ui/?status=COMPLETED&q=${runId}`);
    await sees(page, row(runId));
    assert.deepEqual(await shown(page), [runId]);
    await page.goto(`${server.url}/ui/?status=TIMED_OUT&q=${runId}`);
    await sees(page, 'h2:has-text("No run fits")');
    await page.getByRole('button', { name: 'Clear the filter timed out' }).last().click();
    await sees(page, row(runId));
    assert.equal(new URL(page.url()).search, `?q=${runId}`);
  },

  'a run leaves the list when it no longer fits the filter': async ({ page, server }) => {
    const runId = 'run-leaves';
    await server.append(runId, ...started('only'));
    await page.goto(`${server.url}/ui/?status=RUNNING`);
    await sees(page, row(runId));
    await isLive(page, 'socket');
    await server.append(runId, { type: 'RUN_COMPLETED' });
    await page.locator(row(runId)).waitFor({ state: 'detached' });
  },

  'filters are chosen from menus, and the address keeps them': async ({ page, server }) => {
    for (const [runId, type] of [
      ['run-by-api', 'api'],
      ['run-by-schedule', 'schedule'],
    ]) {
      await server.call('POST', '/api/v1/runs', {
        runId,
        workflow: 'menus',
        engine: 'external',
        trigger: { type },
        labels: { team: type },
      });
    }
    await page.goto(`${server.url}/ui/?workflow=menus`);
    await sees(page, row('run-by-api'));
    await page.getByRole('button', { name: 'Trigger' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'schedule' }).click();
    await page.locator(row('run-by-api')).waitFor({ state: 'detached' });
    assert.deepEqual(await shown(page), ['run-by-schedule']);
    await page.keyboard.press('Escape');
    await page.reload();
    await sees(page, row('run-by-schedule'));
    await page.getByRole('button', { name: 'Clear the filter started by schedule' }).click();
    await sees(page, row('run-by-api'));
    await page.locator(`${row('run-by-api')} button:has-text("team:api")`).click();
    await page.locator(row('run-by-schedule')).waitFor({ state: 'detached' });
    assert.equal(new URL(page.url()).searchParams.get('label'), 'team:api');
  },

  'older runs are appended as one scrolls': async ({ page, server }) => {
    const count = 120;
    const events = Array.from({ length: count }, (_, n) => ({ runId: `run-many-${n}`, type: 'RUN_STARTED' }));
    await server.call('POST', '/api/v1/events', events);
    await page.goto(`${server.url}/ui/?q=run-many-`);
    await sees(page, 'li[data-run]');
    for (let tries = 0; tries < 40 && (await shown(page)).length < count; tries += 1) {
      await page.mouse.wheel(0, 4_000);
      await page.waitForTimeout(50);
    }
    const runs = await shown(page);
    assert.equal(runs.length, count);
    assert.equal(new Set(runs).size, count, 'a run is shown twice');
    await page.getByText('no older ones').waitFor();
  },

  'keys alone lead to a run, and a narrow screen scrolls in one direction only': async ({ page, server }) => {
    const runId = 'run-keys';
    await server.append(runId, ...started('only'));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${server.url}/ui/`);
    await sees(page, row(runId));
    await page.locator(`${row(runId)} a`).focus();
    await page.keyboard.press('Enter');
    await isRun(page, 'RUNNING');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  },

  'the list is short of nothing when the server does not answer': async ({ page, server, quiet }) => {
    quiet.add(500);
    await page.route('**/api/v1/runs?**', (route) =>
      route.fulfill({ status: 500, body: '{"detail":"no disk"}' }),
    );
    await page.goto(`${server.url}/ui/`);
    await sees(page, '[role="alert"]:has-text("no disk")');
    await page.unroute('**/api/v1/runs?**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await sees(page, 'li[data-run], h2:has-text("No runs yet")');
  },
};
