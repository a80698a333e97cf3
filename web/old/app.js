// telltale's small live page: the list of runs, and one run with its nodes, events and output.
//
// It owns the live connection (WebSocket, else SSE, else long poll) with its cursor, and the drawing. It never
// folds events: the state on the page is always the server's own, asked for again when events arrive. Text from
// runs enters the document through textContent only (tools.js). What a person can do to a run is in control.js.

import { controls, files, questions } from './control.js';
import {
  $, API, ENDED, ago, badge, clockTime, el, get, number, progressBar, query, runLink, runPath, setBadge, setText, spent, workflowOf,
} from './tools.js';

const RUN_STATUSES = ['QUEUED', 'RUNNING', 'AWAITING_INPUT', 'COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT', 'STALE'];
const MAX_LOG_ROWS = 2000; // a browser scrolls this many without effort; the whole output is one download away
const MAX_EVENT_ROWS = 500;
const STATE_EVERY_MS = 200; // five looks at the state a second are smooth, and bound what a flood of events costs
const RETRY_FIRST_MS = 200;
const RETRY_MOST_MS = 3000;
const TRIES_BEFORE_FALLBACK = 2; // one lost handshake is an accident, two on a healthy server are a proxy
const LIST_POLL_MS = 3000;
const LINE_POLL_MS = 1000;
const LONG_POLL_S = 25;

// ---------------------------------------------------------------- the live connection

/**
 * Keeps one view supplied with frames until the returned function is called. `target` is `{}` for the list or
 * `{runId, seq, logSeq}`, whose cursor the view moves on with every frame it takes, so that every
 * transport and every reconnect starts where the view stands.
 */
function connect(target, onFrame) {
  const stop = new AbortController();
  let transport = new URLSearchParams(location.search).get('transport') ?? 'ws'; // ?transport=sse and =poll are for trying them
  let misses = 0;
  let tries = 0;
  let closeCurrent = () => {};

  const take = (frame) => {
    if (stop.signal.aborted) return;
    if (frame.type === 'hello' || frame.type === 'runs') { tries = 0; misses = 0; showLink('live', transport); }
    onFrame(frame);
    if (frame.type === 'end') { close(); showLink('ended', transport); }
  };

  async function lost(opened) {
    if (stop.signal.aborted) return;
    showLink('waiting', transport);
    if (!opened) misses += 1;
    const healthy = await fetch('/healthz', { cache: 'no-store', signal: stop.signal }).then((r) => r.ok, () => false);
    if (!healthy) misses = 0;
    if (misses >= TRIES_BEFORE_FALLBACK && transport !== 'poll') { transport = transport === 'ws' && target.runId ? 'sse' : 'poll'; misses = 0; }
    const wait = Math.min(RETRY_MOST_MS, RETRY_FIRST_MS * 2 ** tries++) * (0.5 + Math.random() / 2);
    await pause(wait, stop.signal);
    if (!stop.signal.aborted) open();
  }

  function open() {
    if (transport === 'ws') closeCurrent = openSocket(target, take, lost);
    else if (transport === 'sse' && target.runId) closeCurrent = openSse(target, take, lost);
    else closeCurrent = openPoll(target, take, lost);
  }

  function close() { stop.abort(); closeCurrent(); }
  showLink('connecting', transport);
  open();
  return close;
}

/** Resolves after `ms`, at once when the network or the tab comes back, or when aborted. */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => { clearTimeout(timer); removeEventListener('online', done); signal.removeEventListener('abort', done); resolve(); };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}

function openSocket(target, take, lost) {
  const url = new URL(`${API}/stream`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url);
  let opened = false;
  let alarm = 0;
  let silenceMs = 45_000; // three heartbeats, until `hello` names the real pace
  const listen = () => { clearTimeout(alarm); if (target.runId) alarm = setTimeout(() => socket.close(), silenceMs); };
  socket.onopen = () => {
    opened = true;
    socket.send(JSON.stringify(target.runId
      ? { subscribe: { runId: target.runId, after: target.seq, logAfter: target.logSeq } }
      : { subscribeRuns: {} }));
    if (!target.runId) take({ type: 'runs', runs: [], opened: true });
    listen();
  };
  socket.onmessage = (message) => {
    const frame = JSON.parse(message.data);
    if (frame.heartbeatMs) silenceMs = frame.heartbeatMs * 3;
    listen();
    if (!target.runId || frame.runId === target.runId) take(frame);
  };
  socket.onclose = () => { clearTimeout(alarm); lost(opened); };
  return () => { clearTimeout(alarm); socket.onclose = null; socket.close(); };
}

function openSse(target, take, lost) {
  const source = new EventSource(`${runPath(target.runId)}/stream?after=${target.seq}&logAfter=${target.logSeq}`);
  let opened = false;
  source.onopen = () => { opened = true; };
  for (const type of ['hello', 'state', 'events', 'logs', 'heartbeat', 'reset', 'end']) {
    source.addEventListener(type, (message) => take(JSON.parse(message.data)));
  }
  source.onerror = () => { source.close(); lost(opened); }; // reconnecting is ours, with the view's own cursor
  return () => { source.onerror = null; source.close(); };
}

function openPoll(target, take, lost) {
  const stop = new AbortController();
  const { signal } = stop;
  const loop = target.runId ? pollRun : pollList;
  loop(target, take, signal).catch(() => {
    if (signal.aborted) return;
    stop.abort(); // the other of two requests is still out
    lost(true);
  });
  return () => stop.abort();
}

async function pollList(target, take, signal) {
  while (!signal.aborted) {
    const { runs } = await get(`${API}/runs?limit=50`, signal);
    take({ type: 'runs', runs });
    await pause(LIST_POLL_MS, signal);
  }
}

/** Events wait on the server; lines are asked for each second, since a run may print for long without an event. */
async function pollRun(target, take, signal) {
  let greeted = false;
  let over = false;
  const events = async () => {
    while (!signal.aborted && !over) {
      // The first look asks for no waiting, so that a run which is already over answers at once.
      const page = await get(`${runPath(target.runId)}/events?after=${target.seq}&limit=5000&wait=${greeted ? LONG_POLL_S : 0}`, signal);
      if (!greeted) take({ type: 'hello', headSeq: page.headSeq, delivery: 'poll' });
      greeted = true;
      if (page.events.length) take({ type: 'events', events: page.events });
      over = page.ended && !page.events.length;
    }
  };
  const lines = async () => {
    for (let last = false; !signal.aborted && !last;) {
      const nothingFollows = over;
      const page = await get(`${runPath(target.runId)}/logs?after=${target.logSeq}&limit=5000`, signal);
      if (page.lines.length) take({ type: 'logs', lines: page.lines });
      else if (!(last = nothingFollows)) await pause(LINE_POLL_MS, signal);
    }
  };
  await Promise.all([events(), lines()]);
  take({ type: 'end' });
}

const TRANSPORTS = { ws: 'WebSocket', sse: 'SSE', poll: 'long poll' };

function showLink(state, transport) {
  const way = TRANSPORTS[transport] ?? transport;
  const words = { connecting: 'connecting', live: `live · ${way}`, waiting: 'server not reachable · trying again', ended: 'run over · all received' };
  $('link').dataset.state = state;
  setText($('link').lastElementChild, words[state]);
  $('link').title = `Connection: ${way}`;
}

// ---------------------------------------------------------------- addresses

let leave = () => {};

function route() {
  if (location.hash === '#main') return; // the skip link
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const params = Object.fromEntries(new URLSearchParams(search));
  leave();
  const [kind, id] = path.split('/');
  leave = kind === 'runs' && id ? runView(decodeURIComponent(id), params) : listView(params);
  $('main').focus({ preventScroll: true });
}

function notice(title, text, ...more) {
  return el('div', { class: 'notice' }, el('h2', {}, title), el('p', {}, text), ...more);
}

function failureNotice(error, what) {
  if (error.status === 401) return notice('This server asks for a token', 'The page cannot sign in yet. Open it on the machine that runs the server without a token set, or use the command line with TELLTALE_TOKEN.');
  if (error.status === 404) return notice('Not here', `There is no ${what} on this server, or it is not yours. Runs that were purged are gone as well.`, el('a', { href: '#/' }, 'All runs'));
  return notice('Could not read this', `The server did not give the ${what}: ${error.message}. The page tries again by itself.`);
}

// ---------------------------------------------------------------- the list of runs

function listView(params) {
  const stop = new AbortController();
  const runs = new Map();
  const rows = new Map();
  let next = null;
  let loaded = false;
  const filtered = Boolean(params.status || params.q || params.workflow);
  document.title = 'Runs · telltale';
  $('crumbs').replaceChildren(el('span', { 'aria-current': 'page' }, 'Runs'));

  const list = el('ol', { class: 'runs', 'aria-label': 'Runs, newest first' });
  const message = el('div', { class: 'message', role: 'status' }, notice('Looking for runs', 'Asking the server …'));
  const older = el('button', { type: 'button', class: 'wide', hidden: true, onclick: () => load(next) }, 'Load older runs');
  $('main').replaceChildren(el('section', { class: 'list' }, el('h1', {}, 'Runs'), filterForm(params), message, list, older));

  const matches = (run) => {
    const text = `${run.runId} ${workflowOf(run)} ${run.failure?.reason ?? ''}`.toLowerCase();
    return (!params.status || run.status === params.status) && (!params.workflow || workflowOf(run) === params.workflow)
      && (!params.q || text.includes(params.q.toLowerCase()));
  };
  const age = (run) => Date.parse(run.queuedAt ?? run.startedAt ?? run.updatedAt) || 0;

  function merge(changed, fromServerFilter) {
    for (const run of changed) {
      const known = runs.get(run.runId);
      if (known && (known.headSeq ?? 0) > (run.headSeq ?? 0)) continue;
      if (fromServerFilter || matches(run)) runs.set(run.runId, run);
      else { runs.delete(run.runId); rows.get(run.runId)?.remove(); rows.delete(run.runId); }
    }
    draw();
  }

  function draw() {
    const sorted = [...runs.values()].sort((a, b) => age(b) - age(a));
    sorted.forEach((run, place) => {
      let row = rows.get(run.runId);
      if (!row) rows.set(run.runId, row = runRow(run.runId));
      row.show(run);
      if (list.children[place] !== row.element) list.insertBefore(row.element, list.children[place] ?? null);
    });
    if (loaded) message.replaceChildren(...(runs.size ? [] : [emptyList(params, filtered)]));
  }

  async function load(cursor) {
    try {
      const page = await get(`${API}/runs${query({ ...params, limit: 50, cursor })}`, stop.signal);
      loaded = true;
      next = page.nextCursor;
      older.hidden = !next;
      merge(page.runs, true);
    } catch (error) {
      if (!stop.signal.aborted && !loaded) message.replaceChildren(failureNotice(error, 'list of runs'));
    }
  }

  // Attached before the first read, and read again after every reconnect: no change falls between the two.
  const close = connect({}, (frame) => {
    if (frame.type === 'runs' && frame.opened) load();
    else if (frame.type === 'runs') { loaded = true; merge(frame.runs, false); }
  });
  const ticker = setInterval(() => rows.forEach((row) => row.tick()), 1000);
  return () => { stop.abort(); close(); clearInterval(ticker); };
}

function filterForm(params) {
  const status = el('select', { name: 'status' }, el('option', { value: '' }, 'any status'),
    ...RUN_STATUSES.map((word) => el('option', { value: word, selected: params.status === word }, word.toLowerCase().replaceAll('_', ' '))));
  const text = el('input', { name: 'q', type: 'search', placeholder: 'run id, workflow or reason', value: params.q ?? '', autocomplete: 'off' });
  const apply = () => { location.hash = `#/${query({ ...params, status: status.value, q: text.value.trim() })}`; };
  status.addEventListener('change', apply);
  return el('form', { class: 'filters', role: 'search', onsubmit: (event) => { event.preventDefault(); apply(); } },
    el('label', {}, el('span', {}, 'Status'), status), el('label', { class: 'grow' }, el('span', {}, 'Text'), text),
    el('button', { type: 'submit' }, 'Filter'), params.status || params.q || params.workflow ? el('a', { class: 'clear', href: '#/' }, 'Clear') : null);
}

function emptyList(params, filtered) {
  if (!filtered) return notice('No runs yet', 'A run appears here the moment it starts. Start one with:', el('pre', {}, 'telltale run samples/recon.yaml'));
  const words = Object.entries({ status: params.status?.toLowerCase(), workflow: params.workflow, text: params.q })
    .filter(([, value]) => value).map(([name, value]) => `${name} “${value}”`).join(' and ');
  return notice('No run matches', `The filter ${words} hides everything. New runs that match appear here by themselves.`, el('a', { href: '#/' }, 'Show all runs'));
}

function runRow(runId) {
  const mark = badge();
  const name = el('strong');
  const bar = progressBar('progress');
  const count = el('span', { class: 'count' });
  const took = el('span', { class: 'took' });
  const when = el('time');
  const reason = el('span', { class: 'reason' });
  const element = el('li', { 'data-run': runId }, el('a', { href: runLink(runId) }, mark,
    el('span', { class: 'names' }, name, el('code', {}, runId), reason), el('span', { class: 'meter' }, bar, count), took, when));
  let run = {};
  const tick = () => {
    setText(took, spent(run.startedAt, run.completedAt, ENDED.has(run.status)));
    setText(when, ago(run.queuedAt ?? run.startedAt ?? run.updatedAt));
  };
  return {
    element,
    tick,
    remove: () => element.remove(),
    show(next) {
      run = next;
      setBadge(mark, run.status);
      element.dataset.status = run.status;
      setText(name, workflowOf(run));
      setText(reason, run.failure?.reason ?? '');
      setProgress(bar, count, run.progress);
      tick();
    },
  };
}

function setProgress(bar, count, progress) {
  const { completedActions: done = 0, totalActions: total = 0 } = progress ?? {};
  bar.max = Math.max(total, 1);
  bar.value = Math.min(done, bar.max);
  setText(count, `${number(done)}/${number(total)}`);
}

// ---------------------------------------------------------------- one run

function runView(runId, params) {
  const stop = new AbortController();
  const target = { runId, seq: 0, logSeq: 0 };
  const nodes = new Map();
  const called = new Map(); // node → the run that it called last
  const only = params.node ?? '';
  let state = null;
  let hellos = 0;
  let resumedAt = 0;
  let gaps = 0;
  let moved = false; // after a reset the next frame may start anywhere
  let shownLog = 0;
  let close = () => {};
  document.title = `${runId} · telltale`;
  $('crumbs').replaceChildren(el('a', { href: '#/' }, 'Runs'), el('code', { 'aria-current': 'page' }, runId));
  const parts = { controls: controls(runId, only), questions: questions(runId, stop.signal), files: files(runId, only, stop.signal) };
  const view = runFrame(runId, only, parts);
  $('main').replaceChildren(notice('Looking for this run', 'Asking the server …'));

  const events = tailPane(view.events, view.eventsFollow, MAX_EVENT_ROWS, eventRow, 'events');
  const lines = tailPane(view.lines, view.linesFollow, MAX_LOG_ROWS, (line) => lineRow(line, !only), 'lines');

  function showState(next) {
    if (state && next.headSeq < state.headSeq) return;
    if (!state) $('main').replaceChildren(view.root);
    state = next;
    view.show(next);
    parts.controls.show(next);
    parts.questions.show(next);
    for (const node of next.nodes ?? []) {
      let row = nodes.get(node.nodeRef);
      if (!row) { nodes.set(node.nodeRef, row = nodeRow(runId, node.nodeRef, only)); view.nodes.append(row.element); }
      row.show(node, next, called.get(node.nodeRef));
    }
    tick();
  }

  const refresh = throttled(async () => {
    const next = await get(runPath(runId), stop.signal).catch(() => null);
    if (next) showState(next);
  });
  const refreshFiles = throttled(() => parts.files.refresh());

  function tick() {
    if (!state) return;
    view.tick(state);
    nodes.forEach((row) => row.tick(state));
  }

  function takeEvents(arrived) {
    const fresh = [];
    for (const event of arrived) {
      if (event.seq <= target.seq) continue;
      if (!moved && event.seq > target.seq + 1) gaps += event.seq - target.seq - 1;
      moved = false;
      target.seq = event.seq;
      heed(event);
      if (!only || event.nodeRef === only || !event.nodeRef) fresh.push(event);
    }
    events.push(fresh);
    if (hellos > 1) sayResumed();
  }

  /** What an event says that the run's state doesn't. */
  function heed(event) {
    if (event.data?.childRunId) called.set(event.nodeRef, event.data.childRunId);
    if (event.type === 'ARTIFACT_RECORDED') refreshFiles();
  }

  function takeLines(arrived) {
    for (const line of arrived) target.logSeq = Math.max(target.logSeq, line.logSeq);
    const fresh = arrived.filter((line) => line.logSeq > shownLog && (!only || line.nodeRef === only));
    if (arrived.length) shownLog = Math.max(shownLog, arrived.at(-1).logSeq);
    lines.push(fresh);
    for (const line of arrived) nodes.get(line.nodeRef)?.say(line.text);
  }

  function sayResumed() {
    setText(view.resumed, `resumed at seq ${resumedAt}, ${gaps} ${gaps === 1 ? 'gap' : 'gaps'}`);
    view.resumed.hidden = false;
  }

  function onFrame(frame) {
    if (frame.type === 'events') { takeEvents(frame.events); refresh(); }
    else if (frame.type === 'logs') takeLines(frame.lines);
    else if (frame.type === 'hello') { if (hellos++) { resumedAt = target.seq; gaps = 0; sayResumed(); refresh(); } }
    else if (frame.type === 'reset') {
      moved = true;
      [target.seq, target.logSeq] = [frame.fromSeq - 1, frame.fromLogSeq - 1];
      setText(view.resumed, `the server started this view again from seq ${frame.fromSeq}: ${frame.reason}`);
      view.resumed.hidden = false;
      refresh();
    } else if (frame.type === 'end') refresh();
    else if (frame.type === 'error') $('main').replaceChildren(failureNotice({ status: frame.status, message: frame.detail }, 'run'));
  }

  /** Reads what is stored, then attaches exactly behind it. */
  async function begin() {
    const first = await get(runPath(runId), stop.signal);
    const from = Math.max(0, first.headSeq - MAX_EVENT_ROWS);
    const stored = await get(`${runPath(runId)}/events?after=${from}&limit=${MAX_EVENT_ROWS}`, stop.signal);
    const tail = await get(`${runPath(runId)}/logs?tail=${MAX_LOG_ROWS}`, stop.signal);
    const shown = only ? await get(`${runPath(runId)}/logs${query({ nodeRef: only, tail: MAX_LOG_ROWS })}`, stop.signal) : tail;
    // What is not shown any more may still lead to other runs.
    if (from) (await get(`${runPath(runId)}/events?type=NODE_STARTED&limit=5000`, stop.signal)).events.forEach(heed);
    refreshFiles();
    target.seq = from;
    takeEvents(stored.events);
    showState(first);
    if (target.seq > first.headSeq) refresh(); // what came between the two reads brings no frame
    target.logSeq = tail.lines.at(-1)?.logSeq ?? 0;
    lines.push(shown.lines);
    shownLog = Math.max(target.logSeq, shown.lines.at(-1)?.logSeq ?? 0);
    close = connect(target, onFrame);
  }

  async function beginUntilThere() {
    while (!stop.signal.aborted) {
      try { return await begin(); } catch (error) {
        if (stop.signal.aborted) return;
        $('main').replaceChildren(failureNotice(error, 'run'));
        if (error.status === 401 || error.status === 404) return showLink('ended', 'ws');
        showLink('waiting', 'ws');
        state = null;
        await pause(1000, stop.signal);
      }
    }
  }

  showLink('connecting', 'ws');
  beginUntilThere();
  const ticker = setInterval(tick, 500);
  return () => { stop.abort(); close(); clearInterval(ticker); };
}

/** Runs `work` at once, then at most every STATE_EVERY_MS, and once more after the last call. */
function throttled(work) {
  let busy = false;
  let again = false;
  return async function call() {
    if (busy) { again = true; return; }
    busy = true;
    await work();
    setTimeout(() => { busy = false; if (again) { again = false; call(); } }, STATE_EVERY_MS);
  };
}

/** The fixed parts of the run's page. */
function runFrame(runId, only, parts) {
  const mark = badge();
  const name = el('h1');
  const took = el('dd', { class: 'took' });
  const [started, trigger, head, counts] = [el('dd'), el('dd'), el('dd', { 'data-head': '' }), el('span', { class: 'counts' })];
  const bar = progressBar('nodes that are over');
  const count = el('span', { class: 'count' });
  const failure = el('div', { class: 'failure', role: 'alert', hidden: true });
  const resumed = el('p', { class: 'resumed', role: 'status', hidden: true });
  const [nodes, events] = [el('ol', { class: 'nodes' }), el('ol', { class: 'events', tabindex: 0, 'aria-label': 'Events, newest last' })];
  const lines = el('div', { class: 'lines', tabindex: 0, role: 'log', 'aria-live': 'off', 'aria-label': 'Output' });
  const [eventsFollow, linesFollow] = [followButton(), followButton()];
  const chip = only ? el('a', { class: 'chip', href: runLink(runId), title: 'Show all nodes' }, `only ${only} ✕`) : null;
  const fact = (word, value) => el('div', {}, el('dt', {}, word), value);
  const root = el('article', { class: 'run' },
    el('header', { class: 'head' }, el('div', { class: 'title' }, mark, el('div', {}, name, el('code', {}, runId))),
      el('dl', {}, fact('took', took), fact('started', started), fact('trigger', trigger), fact('events', head)),
      el('div', { class: 'meter' }, bar, count), parts.controls.element, failure, resumed, parts.questions.element),
    el('section', { class: 'pane' }, el('header', {}, el('h2', {}, 'Nodes'), counts), nodes, parts.files.element),
    el('section', { class: 'pane' }, el('header', {}, el('h2', {}, 'Output'), chip,
      el('a', { class: 'quiet', href: `${runPath(runId)}/logs/download`, download: `${runId}.log` }, 'download'), linesFollow), lines),
    el('section', { class: 'pane' }, el('header', {}, el('h2', {}, 'Events'),
      el('a', { class: 'quiet', href: `${runPath(runId)}/events?limit=5000` }, 'JSON'), eventsFollow), events));

  function show(run) {
    setBadge(mark, run.status);
    root.dataset.status = run.status;
    setText(name, workflowOf(run));
    setText(started, run.startedAt ? new Date(run.startedAt).toLocaleString() : 'not yet');
    showTrigger(trigger, run.trigger);
    setText(head, number(run.headSeq));
    root.dataset.headSeq = run.headSeq;
    setProgress(bar, count, run.progress);
    failure.hidden = !run.failure;
    if (run.failure) {
      const { reason, nodeRef, code } = run.failure;
      failure.replaceChildren(el('strong', {}, reason ?? 'failed without a reason'),
        ...(nodeRef ? [' in node ', el('a', { href: runLink(runId, { node: nodeRef }) }, nodeRef)] : []), ...(code ? [el('code', {}, code)] : []));
    }
    const sums = new Map();
    for (const node of run.nodes ?? []) sums.set(node.status, (sums.get(node.status) ?? 0) + 1);
    setText(counts, [...sums].map(([status, n]) => `${n} ${status.toLowerCase().replaceAll('_', ' ')}`).join(' · ') || 'none yet');
    document.title = `${run.status.toLowerCase()} · ${workflowOf(run)} · telltale`;
  }
  const tick = (run) => setText(took, spent(run.startedAt, run.completedAt, ENDED.has(run.status)));
  return { root, nodes, events, lines, eventsFollow, linesFollow, resumed, show, tick };
}

/** Why the run began; the run that it comes from is a link. */
function showTrigger(element, trigger) {
  const word = (typeof trigger === 'string' ? trigger : trigger?.type ?? trigger?.kind) || 'not given';
  const origin = trigger?.parentRunId ?? (word === 'rerun' ? trigger.runId : null);
  if (!origin) setText(element, word);
  else if (!element.childElementCount) element.replaceChildren(el('a', { href: runLink(origin), title: origin }, word));
}

function nodeRow(runId, nodeRef, only) {
  const chosen = only === nodeRef;
  const mark = badge();
  const attempt = el('span', { class: 'attempt', hidden: true });
  const took = el('span', { class: 'took' });
  const span = el('i');
  const bar = progressBar(`progress of ${nodeRef}`);
  const count = el('span', { class: 'count' });
  const meter = el('span', { class: 'meter', hidden: true }, bar, count);
  const last = el('span', { class: 'last' });
  const lines = el('span', { class: 'count' });
  const element = el('li', { 'data-node': nodeRef }, el('a', { href: runLink(runId, chosen ? {} : { node: nodeRef }), 'aria-current': chosen ? 'true' : null },
    mark, el('code', { class: 'ref' }, nodeRef), attempt, took, el('span', { class: 'track', 'aria-hidden': 'true' }, span), meter, last, lines));
  const child = el('a', { class: 'child' });
  let node = {};
  const over = () => ['COMPLETED', 'FAILED', 'SKIPPED', 'CANCELLED'].includes(node.status);
  const say = (text) => { const plain = plainText(text); if (plain.trim()) setText(last, plain.slice(0, 300)); };
  return {
    element,
    say,
    show(next, run, calledRun) {
      node = next;
      if (calledRun && child.textContent !== calledRun) {
        child.href = runLink(calledRun);
        setText(child, calledRun);
        element.append(child);
      }
      setBadge(mark, node.status);
      element.dataset.status = node.status;
      element.dataset.attempt = node.attempt ?? '';
      attempt.hidden = !(node.attempt > 1);
      setText(attempt, `attempt ${node.attempt}`);
      const { progress } = node;
      meter.hidden = !progress?.total || over();
      if (progress?.total) setProgress(bar, count, { completedActions: progress.completed, totalActions: progress.total });
      setText(lines, node.counts?.logLines ? `${number(node.counts.logLines)} lines` : '');
      const line = node.lastLogLine?.text ?? node.lastLogLine;
      if (node.status === 'FAILED' && (node.error?.message ?? run.failure?.nodeRef === nodeRef)) say(node.error?.message ?? run.failure.reason ?? '');
      else if (line && !last.textContent) say(line);
    },
    tick(run) {
      setText(took, spent(node.startedAt, node.completedAt, over()));
      const start = Date.parse(run.startedAt);
      const end = run.completedAt ? Date.parse(run.completedAt) : Date.now();
      if (!node.startedAt || !(end > start)) return;
      const from = Math.max(0, (Date.parse(node.startedAt) - start) / (end - start));
      const to = node.completedAt ? (Date.parse(node.completedAt) - start) / (end - start) : 1;
      span.style.left = `${Math.min(99, from * 100)}%`;
      span.style.width = `${Math.max(0.8, (Math.min(1, to) - from) * 100)}%`;
    },
  };
}

function eventRow(event) {
  const closed = event.type === 'NODE_LOG_CLOSED' && event.data && `${event.data.stream} complete: ${number(event.data.lines)} lines`;
  const text = [closed, event.message, event.error?.message, event.outputSummary && JSON.stringify(event.outputSummary)].filter(Boolean).join(' · ');
  return el('li', { 'data-seq': event.seq, 'data-level': event.level, 'data-late': event.metadata?.late ? '' : null },
    el('span', { class: 'seq' }, String(event.seq)), el('time', { title: event.recordedAt }, clockTime(event.occurredAt)),
    el('span', { class: 'type' }, event.type), el('code', { class: 'ref' }, event.nodeRef ?? ''),
    el('span', { class: 'text' }, text, event.metadata?.late ? ' (late)' : null));
}

// ---------------------------------------------------------------- panes that follow their end

function followButton() {
  return el('button', { type: 'button', class: 'follow', 'aria-pressed': 'true' }, 'Pause');
}

/**
 * Keeps the last `max` rows in the document and its end in sight. Scrolling up pauses: then nothing moves under the
 * reader, and what arrives waits, bounded too, until the end is asked for again.
 */
function tailPane(element, button, max, row, word) {
  let waiting = [];
  let missed = 0;
  let following = true;
  let drawing = 0;

  function draw() {
    drawing = 0;
    if (!following) return label();
    const added = document.createDocumentFragment();
    for (const item of waiting) added.append(row(item));
    [waiting, missed] = [[], 0];
    element.append(added);
    while (element.childElementCount > max) element.firstElementChild.remove();
    element.scrollTop = element.scrollHeight;
    label();
  }
  function label() {
    button.setAttribute('aria-pressed', String(following));
    setText(button, following ? 'Pause' : `Follow${missed ? ` · ${number(missed)} new ${word}` : ''}`);
  }
  function follow(on) { following = on; draw(); }
  const atEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < 4;
  let before = 0;
  button.addEventListener('click', () => follow(!following));
  // Upwards pauses and reaching the end follows. The wheel and keys are asked too, since the next rows may come first.
  element.addEventListener('wheel', (event) => { if (event.deltaY < 0 && element.scrollTop > 0) follow(false); }, { passive: true });
  element.addEventListener('keydown', (event) => { if (['ArrowUp', 'PageUp', 'Home'].includes(event.key)) follow(false); });
  element.addEventListener('scroll', () => {
    const upwards = element.scrollTop < before;
    before = element.scrollTop;
    if (following === upwards && atEnd() !== upwards) follow(!upwards);
  }, { passive: true });
  return {
    push(items) {
      if (!items.length) return;
      missed += items.length;
      waiting = waiting.concat(items).slice(-max);
      drawing ||= requestAnimationFrame(draw);
    },
  };
}

function lineRow(line, withNode) {
  const at = line.at ? `${line.nodeRef} · ${line.stream} · ${line.at}` : null;
  return el('div', { class: 'line', 'data-stream': line.stream, title: at },
    withNode ? el('span', { class: 'ref' }, line.nodeRef) : null, el('span', { class: 'text' }, ...ansi(line.text ?? '')));
}

// ---------------------------------------------------------------- colours of terminals

// Everything an escape sequence can be: colours (kept), other CSI, OSC with its end, and two-byte ones (all dropped).
const ESCAPES = /\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\^_]?|[\x00-\x08\x0b\x0c\x0e-\x1a\x7f]/g;

const plainText = (text) => lastDrawn(String(text ?? '')).replace(ESCAPES, '');

/** A carriage return draws over the line: what a terminal would show in the end is what follows the last one. */
function lastDrawn(text) {
  const kept = text.replace(/\r+$/, '');
  return kept.slice(kept.lastIndexOf('\r') + 1);
}

/** Text with SGR sequences as nodes: classes for the 16 named colours, a style for the others. */
function ansi(raw) {
  const text = lastDrawn(raw);
  const pieces = [];
  let look = {};
  let from = 0;
  const keep = (piece) => {
    if (!piece) return;
    const names = [look.bold && 'bold', look.dim && 'dim', look.under && 'under', typeof look.fg === 'number' && `fg${look.fg}`, typeof look.bg === 'number' && `bg${look.bg}`].filter(Boolean);
    if (!names.length && !look.fg && !look.bg) return void pieces.push(piece);
    const span = el('span', { class: names.join(' ') || null }, piece);
    if (typeof look.fg === 'string') span.style.color = look.fg;
    if (typeof look.bg === 'string') span.style.backgroundColor = look.bg;
    pieces.push(span);
  };
  for (const match of text.matchAll(ESCAPES)) {
    keep(text.slice(from, match.index));
    from = match.index + match[0].length;
    if (match[1] !== undefined) look = sgr(look, match[1].split(/[;:]/).map(Number));
  }
  keep(text.slice(from));
  return pieces;
}

function sgr(look, codes) {
  let next = { ...look };
  for (let i = 0; i < codes.length; i += 1) {
    const code = codes[i];
    if (code === 0) next = {};
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 4) next.under = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 24) next.under = false;
    else if (code === 39) delete next.fg;
    else if (code === 49) delete next.bg;
    else if (code === 38 || code === 48) {
      const side = code === 38 ? 'fg' : 'bg';
      if (codes[i + 1] === 5) { next[side] = palette(codes[i + 2]); i += 2; }
      else if (codes[i + 1] === 2) { next[side] = `rgb(${codes.slice(i + 2, i + 5).map((n) => n & 255).join(' ')})`; i += 4; }
    } else if (code >= 30 && code <= 37) next.fg = code - 30;
    else if (code >= 40 && code <= 47) next.bg = code - 40;
    else if (code >= 90 && code <= 97) next.fg = code - 82;
    else if (code >= 100 && code <= 107) next.bg = code - 92;
  }
  return next;
}

/** One of xterm's 256 colours: 16 named, a cube of 6 × 6 × 6, 24 greys. */
function palette(n = 0) {
  if (n < 16) return n;
  if (n > 231) return `rgb(${Array(3).fill(8 + (n - 232) * 10).join(' ')})`;
  const step = (v) => (v ? 55 + v * 40 : 0);
  return `rgb(${step(Math.floor((n - 16) / 36))} ${step(Math.floor((n - 16) / 6) % 6)} ${step((n - 16) % 6)})`;
}

addEventListener('hashchange', route);
route();
