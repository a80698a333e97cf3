// The last choice, which every proxy lets through: plain requests. Events wait on the server, lines and the list are asked for.
//
// It gives the same frames as the streams do, so that nobody behind it can tell the difference.

import { api, body } from '../api/client';
import { ApiError } from '../api/problem';
import type { RunStatus, WireRunSummary } from '../api/wire';
import type { Cursor, Sink, Transport } from './transport';

/** The server holds a request for events this long at most (its own bound is 30 s). */
const WAIT_S = 25;
const LINES_EVERY_MS = 1_000;
const LIST_EVERY_MS = 3_000;
const EVENTS_PAGE = 5_000;
const LINES_PAGE = 5_000;
const LIST_PAGE = 200;
const GOING_ON: RunStatus[] = ['QUEUED', 'RUNNING', 'AWAITING_INPUT', 'STALE'];
/** Runs that are looked at one by one after a look of the list; more have hardly ended in three seconds. */
const ENDED_AT_MOST = 20;
/** Browsers open six connections to a server: with more runs than this, none may hold one while it waits. */
const HELD_AT_MOST = 3;
const EVENTS_EVERY_MS = 1_500;

export function openPoll(sink: Sink): Transport {
  const loops = new Map<string, AbortController>();
  const LIST = ' list';

  function close(): void {
    for (const loop of loops.values()) loop.abort();
    loops.clear();
  }

  function start(name: string, loop: (signal: AbortSignal) => Promise<void>): void {
    loops.get(name)?.abort();
    const stop = new AbortController();
    loops.set(name, stop);
    loop(stop.signal).catch(() => {
      if (stop.signal.aborted) return;
      close();
      sink.lost();
    });
  }

  function stop(name: string): void {
    loops.get(name)?.abort();
    loops.delete(name);
  }

  return {
    follow: (runId, cursor) =>
      start(runId, (signal) => pollRun(runId, cursor, sink, signal, () => loops.size <= HELD_AT_MOST)),
    leave: stop,
    watchList: (isWatched) => (isWatched ? start(LIST, (signal) => pollList(sink, signal)) : stop(LIST)),
    probe: () => {},
    close,
  };
}

async function pollList(sink: Sink, signal: AbortSignal): Promise<void> {
  let going: ReadonlyMap<string, WireRunSummary> = new Map();
  while (!signal.aborted) {
    const from = performance.now();
    const newest = await readList({}, signal);
    sink.roundTrip(performance.now() - from);
    // Those that go on may have begun before the newest ones did, and so may those that have ended since the last look.
    const active = await readList({ status: GOING_ON }, signal);
    const told = new Map([...active, ...newest].map((run) => [run.runId, run]));
    const unseen = [...going.values()].filter(({ runId }) => !told.has(runId)).slice(0, ENDED_AT_MOST);
    const ended = await Promise.all(unseen.map((run) => readEnded(run, signal)));
    sink.frame({ type: 'runs', runs: [...told.values(), ...ended.filter((run) => run !== null)] });
    going = new Map(active.map((run) => [run.runId, run]));
    await pause(LIST_EVERY_MS, signal);
  }
}

async function readList(filter: { status?: RunStatus[] }, signal: AbortSignal): Promise<WireRunSummary[]> {
  const query = { ...filter, limit: LIST_PAGE };
  return body(await api.GET('/api/v1/runs', { params: { query }, signal })).runs;
}

/** A run that went on at the last look; null where it is gone. */
async function readEnded(before: WireRunSummary, signal: AbortSignal): Promise<WireRunSummary | null> {
  try {
    const path = { runId: before.runId };
    const state = body(await api.GET('/api/v1/runs/{runId}', { params: { path }, signal }));
    const { nodes: _, inputs: __, result: ___, labels: ____, ...told } = state;
    return { ...before, ...told };
  } catch (error) {
    if (error instanceof ApiError && error.isFinal) return null;
    throw error;
  }
}

async function pollRun(
  runId: string,
  cursor: Cursor,
  sink: Sink,
  signal: AbortSignal,
  mayHold: () => boolean,
): Promise<void> {
  const path = { runId };
  let isOver = false;
  let seq = 0;
  let logSeq = 0;

  async function greet(): Promise<void> {
    const { headSeq } = body(await api.GET('/api/v1/runs/{runId}', { params: { path }, signal }));
    const tail = body(
      await api.GET('/api/v1/runs/{runId}/logs', { params: { path, query: { tail: 1 } }, signal }),
    );
    const headLogSeq = tail.lines.at(-1)?.logSeq ?? 0;
    seq = cursor.after === 'head' ? headSeq : cursor.after;
    logSeq = cursor.logAfter === 'head' ? headLogSeq : cursor.logAfter;
    sink.frame({ type: 'hello', runId, headSeq, headLogSeq, delivery: 'poll', heartbeatMs: WAIT_S * 1_000 });
  }

  async function events(): Promise<void> {
    // The first look waits for nothing, so that a run which is over answers at once.
    for (let wait = 0; !signal.aborted && !isOver; wait = mayHold() ? WAIT_S : 0) {
      const query = { after: seq, limit: EVENTS_PAGE, wait };
      const page = body(await api.GET('/api/v1/runs/{runId}/events', { params: { path, query }, signal }));
      if (page.events.length > 0) sink.frame({ type: 'events', runId, events: page.events });
      seq = page.events.at(-1)?.seq ?? seq;
      isOver = page.ended && page.events.length === 0;
      if (page.events.length === 0 && !isOver && !mayHold()) await pause(EVENTS_EVERY_MS, signal);
    }
  }

  async function lines(): Promise<void> {
    for (let isLast = false; cursor.logs && !signal.aborted && !isLast; ) {
      const nothingFollows = isOver;
      const query = { after: logSeq, limit: LINES_PAGE };
      const page = body(await api.GET('/api/v1/runs/{runId}/logs', { params: { path, query }, signal }));
      if (page.lines.length > 0) sink.frame({ type: 'logs', runId, lines: page.lines });
      logSeq = page.lines.at(-1)?.logSeq ?? logSeq;
      isLast = page.lines.length === 0 && nothingFollows;
      if (page.lines.length === 0 && !isLast) await pause(LINES_EVERY_MS, signal);
    }
  }

  try {
    await greet();
    await Promise.all([events(), lines()]);
    if (!signal.aborted) sink.frame({ type: 'end', runId, headSeq: seq, headLogSeq: logSeq, status: '' });
  } catch (error) {
    if (!(error instanceof ApiError && error.isFinal) || signal.aborted) throw error;
    sink.frame({ type: 'error', runId, status: error.status, detail: error.message });
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
