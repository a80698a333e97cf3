// The runs that are measured: a long one, a wide one, and one that does not stop talking.

const EVENTS_A_REQUEST = 2_000;
const LINES_A_REQUEST = 20_000;
const NODES_LONG = 40;
const COLOURS = ['\u001b[32m', '\u001b[33m', '', '\u001b[1;36m'];

/** Each node needs two of those before it. */
const shape = (count) =>
  Array.from({ length: count }, (_, n) => ({
    nodeRef: `step-${n}`,
    needs: n < 5 ? [] : [...new Set([`step-${n - 5}`, `step-${Math.max(0, n - 6 - (n % 3))}`])],
  }));

const declared = (nodes) => [
  { type: 'RUN_QUEUED', data: { workflow: 'bench', nodes } },
  { type: 'RUN_STARTED' },
];

async function appendAll(server, runId, events) {
  for (let from = 0; from < events.length; from += EVENTS_A_REQUEST) {
    await server.append(runId, ...events.slice(from, from + EVENTS_A_REQUEST));
  }
}

/** As many events and lines as the targets name. */
export async function longRun(server, runId, eventCount, lineCount) {
  const nodes = shape(NODES_LONG);
  const started = nodes.map(({ nodeRef }) => ({ type: 'NODE_STARTED', nodeRef }));
  const progress = Array.from({ length: eventCount - 2 - 4 * NODES_LONG - 1 }, (_, n) => ({
    type: 'NODE_PROGRESS',
    nodeRef: `step-${n % NODES_LONG}`,
    message: `${n} of many things are done`,
    data: { completed: n, total: eventCount },
  }));
  await appendAll(server, runId, [...declared(nodes), ...started, ...progress]);
  for (let from = 0; from < lineCount; from += LINES_A_REQUEST) {
    const lines = Array.from({ length: Math.min(LINES_A_REQUEST, lineCount - from) }, (_, n) => {
      const place = from + n + 1;
      const stream = place % 97 === 0 ? 'stderr' : 'stdout';
      const text = `${COLOURS[place % 4]}host-${place}.example.org\u001b[0m answered ${(place * 7_919) % 65_536} bytes`;
      return JSON.stringify({ nodeRef: `step-${Math.floor(place / 50) % NODES_LONG}`, stream, text });
    });
    await server.lines(runId, `${lines.join('\n')}\n`);
  }
  const completed = nodes.map(({ nodeRef }) => ({ type: 'NODE_COMPLETED', nodeRef }));
  await appendAll(server, runId, [...completed, { type: 'RUN_COMPLETED' }]);
}

export async function wideRun(server, runId, nodeCount) {
  const nodes = shape(nodeCount);
  await server.append(runId, ...declared(nodes));
  await appendAll(
    server,
    runId,
    nodes.map(({ nodeRef }, n) => ({ type: n % 3 ? 'NODE_STARTED' : 'NODE_COMPLETED', nodeRef })),
  );
}

/** Appends so many events a second for so long; nodes report their progress in turn. */
export async function talk(server, runId, nodeCount, perSecond, seconds) {
  const from = performance.now();
  let sent = 0;
  while (performance.now() - from < seconds * 1000) {
    const due = Math.floor(((performance.now() - from) / 1000) * perSecond) - sent;
    const events = Array.from({ length: due }, (_, n) => ({
      type: 'NODE_PROGRESS',
      nodeRef: `step-${(sent + n) % nodeCount}`,
      message: `${sent + n} done`,
      data: { completed: sent + n, total: perSecond * seconds },
    }));
    if (due > 0) await server.append(runId, ...events);
    sent += due;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return sent;
}

export const quietRun = (server, runId, nodeCount) => server.append(runId, ...declared(shape(nodeCount)));
