// Earlier moments of a run: gone to, stepped through, played, and left again while the run goes on.

import assert from 'node:assert/strict';
import { isNode, isRun, node, openRun, sees, started } from '../seen.mjs';

const at = (second) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();
const scrubber = (page) => page.getByLabel('Moment of the run');
const moment = async (page) => Number(await scrubber(page).inputValue());
const course = (...events) => events.map((event, second) => ({ occurredAt: at(second), ...event }));

/** Every status that the node's card takes on from now on, however shortly. */
async function statusesFromNow(page, nodeRef) {
  const handle = await page.evaluateHandle((selector) => {
    const seen = [];
    const card = document.querySelector(selector);
    new MutationObserver(() => {
      if (card.dataset.status !== seen.at(-1)) seen.push(card.dataset.status);
    }).observe(card, { attributes: true, attributeFilter: ['data-status'] });
    return seen;
  }, node(nodeRef));
  return () => handle.jsonValue();
}

export default {
  'a run is looked at as it was, step by step, and in the address': async ({ page, server }) => {
    const runId = 'run-looked-back';
    const [queued, begun] = started('a', 'b');
    await server.append(
      runId,
      ...course(
        queued,
        begun,
        { type: 'NODE_STARTED', nodeRef: 'a' },
        { type: 'NODE_COMPLETED', nodeRef: 'a' },
        { type: 'NODE_STARTED', nodeRef: 'b' },
      ),
    );
    await openRun(page, server, runId, '?atSeq=3');
    await isNode(page, 'a', 'RUNNING');
    await isNode(page, 'b', 'PENDING');
    await page.getByLabel('One event on').click();
    await isNode(page, 'a', 'COMPLETED');
    await page.waitForURL(/atSeq=4/);
    await scrubber(page).fill('2');
    await isNode(page, 'a', 'PENDING');

    // The run goes on meanwhile; the moment that is looked at stays.
    await server.append(
      runId,
      { type: 'NODE_FAILED', nodeRef: 'b', error: { message: 'boom' } },
      { type: 'RUN_FAILED' },
    );
    await page.waitForFunction(() => document.querySelector('[data-scrubber]').max === '7');
    assert.equal(await moment(page), 2);
    await isNode(page, 'b', 'PENDING');
    await page.getByRole('button', { name: 'To the end' }).click();
    await isNode(page, 'b', 'FAILED');
    await isRun(page, 'FAILED');
    await page.waitForURL((url) => !url.search.includes('atSeq'));
  },

  'a run is played to its end, and its output comes along': async ({ page, server }) => {
    const runId = 'run-played';
    await server.run('failing', '--run-id', runId);
    await openRun(page, server, runId, '?atSeq=2');
    await isNode(page, 'migrate', 'PENDING');
    await page.waitForFunction(() => document.querySelectorAll('[data-log-seq]').length === 0);
    const courseOf = await statusesFromNow(page, 'migrate');
    await page.getByLabel('Speed').selectOption('5');
    await page.getByRole('button', { name: 'Play' }).click();
    await isNode(page, 'migrate', 'FAILED');
    assert.deepEqual(await courseOf(), ['RUNNING', 'FAILED']);
    await sees(page, '[data-log-seq]:has-text("HINT:")');
    await sees(page, '[aria-label="Why it failed"]:has-text("HINT:")');
    assert.equal(await moment(page), Number(await scrubber(page).getAttribute('max')));
  },
};
