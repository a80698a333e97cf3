// Every page by keyboard and for screen readers: axe finds nothing, in both themes, wide and narrow; keys lead everywhere.

import assert from 'node:assert/strict';
import axe from 'axe-core';
import { isRun, row, sees, started } from '../seen.mjs';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const SOURCE =
  'name: reachable\ninputs: { who: { type: string } }\nnodes: [{ id: hello, run: echo hello }]\n';
const RUN = 'run-reachable';
const OTHER = 'run-beside-it';

/** What depends on the colours; all else is the same in both themes. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];
const WIDTHS = [390, 1024, 1440];

async function violations(page, runOnly) {
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(axe.source);
  const { violations } = await page.evaluate(
    (options) => window.axe.run(...options),
    [
      // Base UI's focus guards hand the focus on at once; they are hidden, since there is nothing to hear about them.
      { exclude: ['[data-base-ui-focus-guard]'] },
      // Menus and dialogs stand beside the landmarks while they are open.
      { runOnly, rules: { region: { enabled: false } } },
    ],
  );
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

/** Name, address, what is seen first, and what is done before looking. */
const PAGES = [
  ['runs', '/ui/', row(RUN)],
  ['runs that are filtered to nothing', '/ui/?q=no-such-run&status=FAILED', 'h2'],
  ['the filter menu', '/ui/', row(RUN), (page) => page.getByRole('button', { name: 'Status' }).click()],
  ['the palette', '/ui/', row(RUN), (page) => page.keyboard.press('Control+k')],
  ['the help sheet', '/ui/', row(RUN), (page) => page.keyboard.press('?')],
  ['a run', `/ui/runs/${RUN}`, '[data-node]'],
  ['events of a run', `/ui/runs/${RUN}?tab=events`, '[data-seq]'],
  ['workflows', '/ui/workflows', '[data-workflow]'],
  ['a workflow', '/ui/workflows/reachable', '[data-defined]'],
  ['the start form', '/ui/workflows/reachable?start=', '[role="dialog"]'],
  [
    'artifacts',
    '/ui/artifacts',
    'tr[data-row]',
    (page) => page.getByRole('button', { name: 'kept.txt' }).click(),
  ],
  ['a comparison', `/ui/compare?a=${RUN}&b=${OTHER}`, 'tr[data-row]'],
  ['a comparison to be', `/ui/compare?a=${RUN}`, '[aria-label="Second run"] button'],
  ['picking runs', '/ui/', row(RUN), (page) => page.getByRole('button', { name: 'Compare two' }).click()],
  ['people', '/ui/settings/people', 'h2'],
  ['organizations', '/ui/settings/organizations', 'h2'],
  ['tokens', '/ui/settings/tokens', 'h2'],
  [
    'the form of a token',
    '/ui/settings/tokens',
    'h2',
    (page) => page.getByRole('button', { name: 'Make a token' }).click(),
  ],
  ['the audit log', '/ui/settings/audit', 'h2'],
  ['retention', '/ui/settings/retention', '[aria-label="Clean up"]'],
  ['notifications', '/ui/settings/notifications', 'h2'],
  [
    'the form of a schedule',
    '/ui/workflows/reachable',
    '[aria-label="Schedules"]',
    (page) => page.getByRole('button', { name: 'Make a schedule' }).click(),
  ],
  ['an address that is none', '/ui/nowhere', 'h2'],
];

async function prepare(server) {
  await server.put(SOURCE);
  await server.append(
    RUN,
    ...started('one', 'two'),
    { type: 'NODE_STARTED', nodeRef: 'one', attempt: 1 },
    { type: 'NODE_FAILED', nodeRef: 'one', attempt: 1, error: { message: 'no way' } },
    { type: 'NODE_STARTED', nodeRef: 'two', attempt: 1 },
  );
  await server.append(OTHER, ...started('one', 'three'));
  const file = `${server.url}/api/v1/runs/${RUN}/artifacts?name=kept.txt&nodeRef=one`;
  await fetch(file, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'kept' });
  await server.log(RUN, 'one', '\u001b[31mred\u001b[0m and plain');
}

export default {
  'axe finds nothing on any page, in either theme, wide or narrow': async ({ page, server }) => {
    await prepare(server);
    const found = [];
    for (const [name, address, first, act] of PAGES) {
      // Opened as a phone does, where everything is hardest to reach; then the window grows, and the theme changes.
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      await page.setViewportSize({ width: WIDTHS[0], height: 844 });
      await page.goto(server.url + address);
      await sees(page, first);
      await act?.(page);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 844 });
        await page.emulateMedia({ colorScheme: 'light' });
        for (const one of await violations(page, RULES)) found.push(`${name}, light, ${width}: ${one}`);
        await page.emulateMedia({ colorScheme: 'dark' });
        for (const one of await violations(page, COLOUR_RULES)) found.push(`${name}, dark, ${width}: ${one}`);
        const reach = await page.evaluate(() => document.documentElement.scrollWidth);
        if (reach > width) found.push(`${name}, ${width}: scrolls sideways to ${reach}`);
      }
    }
    assert.deepEqual(found, []);
  },

  'keys alone lead everywhere': async ({ page, server }) => {
    await prepare(server);
    await page.goto(`${server.url}/ui/`);
    await sees(page, row(RUN));
    await page.keyboard.press('/');
    await page.keyboard.type(RUN);
    await page.waitForURL((url) => url.searchParams.get('q') === RUN);
    await page.waitForFunction(() => document.querySelectorAll('li[data-run]').length === 1);
    await page.locator('[data-shortcut="search"]').blur();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await isRun(page, 'RUNNING');
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await sees(page, '[data-workflow="reachable"]');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox').fill(RUN);
    await sees(page, `[role="option"]:has-text("${RUN}")`);
    await page.keyboard.press('Enter');
    await isRun(page, 'RUNNING');
    await page.keyboard.press('?');
    await page.getByLabel('Single letters are shortcuts').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), undefined);
  },

  'the theme that was chosen holds after a reload': async ({ page, server }) => {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${server.url}/ui/`);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    const theme = () => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
    assert.equal(await theme(), 'dark');
    await page.reload();
    assert.equal(await theme(), 'dark');
  },
};
