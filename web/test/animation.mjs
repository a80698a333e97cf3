// A short animation of a run while it works: what the page shows, a few times a second, as a GIF.

import fs from 'node:fs';
import gifenc from 'gifenc';
import { PNG } from 'pngjs';
import { openRun, sees, withPage } from './seen.mjs';

const RUN = 'run-recon-live';
const SIZE = { width: 1000, height: 640 };
const FRAME_MS = 500;
/** The sample takes half a minute; more would only make the file larger. */
const FRAMES_MAX = 56;
/** The page has few colours, and each one less saves much. */
const COLOURS = 48;

export async function takeAnimation(browser, server, file) {
  const run = server.run('recon', '--run-id', RUN);
  const shoot = async ({ page }) => {
    await page.setViewportSize(SIZE);
    await openRun(page, server, RUN);
    await sees(page, '[data-node]');
    const gif = gifenc.GIFEncoder();
    let palette;
    for (let frames = 0; frames < FRAMES_MAX; frames += 1) {
      const next = new Promise((resolve) => setTimeout(resolve, FRAME_MS));
      const { data, width, height } = PNG.sync.read(await page.screenshot());
      // One for all frames, so that what stands still does not flicker; the first frames have every colour but red.
      palette ??= gifenc.quantize(data, COLOURS);
      gif.writeFrame(gifenc.applyPalette(data, palette), width, height, { palette, delay: FRAME_MS });
      const isOver = await page.locator('header[data-run][data-status="COMPLETED"]').count();
      if (isOver) break;
      await next;
    }
    gif.finish();
    fs.writeFileSync(file, gif.bytes());
  };
  await withPage(browser, shoot, { colorScheme: 'light' });
  await run;
}
