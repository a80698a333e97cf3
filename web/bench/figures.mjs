// How the figures of the page are taken: time to something seen, frames while something moves, and the main thread's own time.

/** Milliseconds from the start of `work` until `selector` is seen. */
export async function untilSeen(page, selector, work) {
  const from = performance.now();
  await work();
  await page.locator(selector).first().waitFor({ state: 'visible' });
  return performance.now() - from;
}

/** The longest frame and the one in the middle while `work` goes on, in milliseconds. */
export async function frames(page, work) {
  await page.evaluate(() => {
    const times = [];
    let last = performance.now();
    window.benchFrames = { times, isOn: true };
    requestAnimationFrame(function frame(now) {
      times.push(now - last);
      last = now;
      if (window.benchFrames.isOn) requestAnimationFrame(frame);
    });
  });
  await work();
  const times = await page.evaluate(() => {
    window.benchFrames.isOn = false;
    return window.benchFrames.times.slice(1); // the first one began before the work did
  });
  const sorted = times.sort((a, b) => a - b);
  return { count: sorted.length, middle: quantile(sorted, 0.5), longest: sorted.at(-1) };
}

/** What the main thread spends on `work`: its own processor time, so that a busy machine matters less, and the clock's. */
export async function mainThread(page, work) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const spent = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
  };
  const [before, from] = [await spent(), performance.now()];
  await work();
  const [busyMs, wallMs] = [(await spent()) - before, performance.now() - from];
  await session.detach();
  return { busyMs, wallMs, share: busyMs / wallMs };
}

export const quantile = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
