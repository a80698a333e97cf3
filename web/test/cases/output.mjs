// The output of a run: found, filtered, linked to, folded by node, painted, and saved.

import assert from 'node:assert/strict';
import { openRun, sees, started } from '../seen.mjs';

const LINES = 30_000; // far more than what is drawn or kept at once
const BATCH = 10_000;

/** A run whose node says line after line, `needle` in some. */
async function longRun(server, runId) {
  await server.append(runId, ...started('talk', 'other'), { type: 'NODE_STARTED', nodeRef: 'talk' });
  for (let from = 1; from <= LINES; from += BATCH) {
    const texts = Array.from({ length: BATCH }, (_, n) => from + n).map(
      (n) => `line ${n}${n % 9_000 === 0 ? ' needle' : ''}`,
    );
    await server.log(runId, 'talk', ...texts);
  }
  await server.log(runId, 'other', 'the other one');
  await server.append(
    runId,
    { type: 'NODE_COMPLETED', nodeRef: 'talk' },
    { type: 'NODE_COMPLETED', nodeRef: 'other' },
    { type: 'RUN_COMPLETED' },
  );
}

const line = (logSeq) => `[data-log-seq="${logSeq}"]`;

export default {
  'the whole output is searched, filtered and linked to, however long it is': async ({ page, server }) => {
    const runId = 'run-long-output';
    await longRun(server, runId);
    await openRun(page, server, runId);
    await sees(page, line(LINES + 1));
    await sees(page, 'footer:has-text("complete: 30,001 lines")');
    assert.ok((await page.locator('[data-log-seq]').count()) < 200, 'lines out of sight are drawn');

    const box = page.getByLabel('Search the output');
    await box.fill('needle');
    await box.press('Enter');
    await sees(page, `${line(9_000)}[data-picked]`); // the search goes round at the end
    await page.getByLabel('Next match').click();
    await sees(page, `${line(18_000)}[data-picked]`);
    await page.getByLabel('Previous match').click();
    await sees(page, `${line(9_000)}[data-picked] mark`);

    await page.reload();
    await sees(page, `${line(9_000)}[data-picked]`);
    await page.getByRole('button', { name: 'Only matches' }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-log-seq]').length === 3);

    await openRun(page, server, runId, '?line=15000-15002');
    await sees(page, `${line(15_001)}[data-picked]`);
    await page.getByLabel('Line', { exact: true }).fill('123');
    await page.getByLabel('Line', { exact: true }).press('Enter');
    await sees(page, `${line(123)}[data-picked]`);
  },

  'a long list is scrolled to any place, by the bar and by the keyboard': async ({ page, server }) => {
    const runId = 'run-scrolled-output';
    await longRun(server, runId);
    await openRun(page, server, runId);
    await sees(page, line(LINES + 1));
    const list = page.getByRole('region', { name: 'Output of the run' });
    await list.focus();
    await page.keyboard.press('Home');
    await sees(page, line(1));
    await page.keyboard.press('End');
    await sees(page, line(LINES + 1));
    await list.evaluate((it) => {
      it.scrollTop = it.scrollHeight / 2;
    });
    await sees(page, line(15_000));
    await page.getByRole('button', { name: 'Wrap' }).click();
    await page.keyboard.press('End');
    await openRun(page, server, runId, '?node=talk&line=20000');
    await sees(page, `${line(20_000)}[data-picked]`);
    await page.getByRole('button', { name: 'Wrap' }).click();
  },

  'output is shown by node and as a terminal, and saved as a file': async ({ page, server }) => {
    const runId = 'run-output-views';
    await server.append(runId, ...started('paint', 'talk'));
    await server.log(
      runId,
      'paint',
      '\u001b[36m10 %\u001b[0m\r\u001b[36m50 %\u001b[0m\r\u001b[1mall of it\u001b[0m',
    );
    await server.log(runId, 'talk', 'plain words');
    await openRun(page, server, runId);
    await sees(page, '[data-log-seq="1"]:has-text("all of it")');
    assert.ok(
      !(await page.locator('[data-log-seq="1"]').innerText()).includes('50 %'),
      'what was painted over shows',
    );

    await page.getByLabel('View').selectOption('nodes');
    const output = page.getByRole('region', { name: 'Output', exact: true });
    await output.getByRole('button', { name: /talk/ }).click();
    await sees(page, '[data-log-seq="2"]:has-text("plain words")');
    assert.equal(await page.locator('[data-log-seq="1"]').count(), 0, 'a folded node shows its lines');

    await page.getByLabel('View').selectOption('terminal');
    const terminal = page.getByRole('region', { name: 'Terminal' });
    await terminal.getByText('all of it').waitFor();
    await server.log(runId, 'paint', 'one more');
    await terminal.getByText('one more').waitFor();

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    assert.equal(download.suggestedFilename(), `${runId}.log`);
  },
};
