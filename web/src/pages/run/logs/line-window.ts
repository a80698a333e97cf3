// The lines that a filter leaves: nobody knows their places, so a stretch of them is held that grows at both ends.
//
// It begins at the newest line, at the first, or around a given one, and forgets at the far end what makes it too long.

import { type FetchLines, type LineFilter, type LogLine, reachedBack } from './line';
import { createChanges, type LineSource } from './line-source';

const PAGE_LINES = 500;
/** Lines held at once, forgotten by pages at the far end. */
const LINES_MAX = 30_000;
/** How close to an end one looks before more is asked for: some screens. */
const NEAR_ROWS = 150;
/** New output is asked for at most so often; the head tells that there is some. */
const HEAD_EVERY_MS = 150;
/** A reader at the end of a flood is better served with its newest lines than with all that have passed. */
const FAR_BEHIND_LINES = 2_000;

export interface LineWindow extends LineSource {
  /** The run's newest line, whether it fits the filter or not. */
  readonly setHead: (headLogSeq: number) => void;
  /** Whether all lines that fit are here and no more will come. */
  readonly isComplete: () => boolean;
  readonly reachedStart: () => boolean;
}

/** `end`: no lines beyond this one, for a moment in the past. */
export function createLineWindow(fetchLines: FetchLines, filter: LineFilter, end?: number): LineWindow {
  const changes = createChanges();
  const stop = new AbortController();
  let lines: LogLine[] = [];
  let from = 1; // all that fit from here …
  let through = 0; // … to here are in `lines`
  let head = 0;
  let shift = 0;
  let complete = false;
  let failure: string | undefined;
  let busy = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let queue: Promise<unknown> = Promise.resolve();

  const last = () => Math.min(head, end ?? head);

  /** One request at a time, so that the ends stay joined. */
  function once(work: () => Promise<void>): Promise<void> {
    busy += 1;
    const done = queue
      .then(work)
      .then(
        () => {
          failure = undefined;
        },
        (error: unknown) => {
          if (!stop.signal.aborted) failure = error instanceof Error ? error.message : String(error);
        },
      )
      .then(() => {
        busy -= 1;
        if (!stop.signal.aborted) changes.tell();
      });
    queue = done;
    changes.tell();
    return done;
  }

  const bounded = () => (end === undefined ? {} : { before: end + 1 });

  const growForward = () =>
    once(async () => {
      if (through >= last() && complete) return;
      const page = await fetchLines(
        { ...filter, after: through, ...bounded(), limit: PAGE_LINES },
        stop.signal,
      );
      lines.push(...page.lines.filter(({ logSeq }) => logSeq > through));
      through = Math.max(through, page.nextAfter);
      complete = page.complete;
      const surplus = lines.length - LINES_MAX;
      if (surplus > PAGE_LINES) {
        lines.splice(0, surplus);
        from = lines[0]?.logSeq ?? from;
        shift -= surplus;
      }
    });

  const growBack = () =>
    once(async () => {
      if (from <= 1) return;
      const page = await fetchLines({ ...filter, before: from, limit: PAGE_LINES }, stop.signal);
      const older = page.lines.filter(({ logSeq }) => logSeq < from);
      lines.unshift(...older);
      from = reachedBack(page, PAGE_LINES);
      shift += older.length;
      if (lines.length - LINES_MAX > PAGE_LINES) {
        lines.length = LINES_MAX;
        through = lines.at(-1)?.logSeq ?? through;
        complete = false;
      }
    });

  /** Starts anew at the newest lines. */
  const toHead = () =>
    once(async () => {
      const before = end === undefined ? undefined : end + 1;
      const range = before === undefined ? { tail: PAGE_LINES } : { before, limit: PAGE_LINES };
      const page = await fetchLines({ ...filter, ...range }, stop.signal);
      lines = [...page.lines];
      from = reachedBack(page, PAGE_LINES);
      through = end ?? page.nextAfter;
      complete = page.complete;
      head = Math.max(head, page.nextAfter);
    });

  /** Starts anew around a line. */
  const around = (logSeq: number) =>
    once(async () => {
      const [older, newer] = await Promise.all([
        fetchLines({ ...filter, before: logSeq, limit: NEAR_ROWS }, stop.signal),
        fetchLines({ ...filter, after: logSeq - 1, ...bounded(), limit: PAGE_LINES }, stop.signal),
      ]);
      lines = [...older.lines, ...newer.lines];
      from = reachedBack(older, NEAR_ROWS);
      through = newer.nextAfter;
      complete = newer.complete;
    });

  function lookAhead(): void {
    if (timer !== undefined || through >= last() || busy > 0) return;
    timer = setTimeout(() => {
      timer = undefined;
      if (stop.signal.aborted || through >= last()) return;
      const isFarBehind = last() - through > FAR_BEHIND_LINES;
      void (isFarBehind ? toHead() : growForward()).then(lookAhead);
    }, HEAD_EVERY_MS);
  }

  const indexOf = (logSeq: number) => {
    if (logSeq < from || logSeq > through) return undefined;
    const index = lines.findIndex((line) => line.logSeq >= logSeq);
    return index < 0 ? undefined : index;
  };
  let wasAtHead = false;

  return {
    count: () => lines.length,
    get: (index) => lines[index],
    indexOf,
    want(first, lastRow) {
      if (busy > 0 || failure !== undefined) return;
      wasAtHead = lastRow >= lines.length - NEAR_ROWS;
      if (first < NEAR_ROWS && from > 1) void growBack();
      else if (wasAtHead && through < last()) lookAhead();
    },
    async goTo(logSeq) {
      if (indexOf(logSeq) === undefined) await around(logSeq);
      return Math.max(
        0,
        lines.findIndex((line) => line.logSeq >= logSeq),
      );
    },
    atHead: () => through >= last(),
    toHead: async () => {
      if (through < last() || lines.length === 0) await toHead();
    },
    isBusy: () => busy > 0,
    failure: () => failure,
    shift: () => shift,
    setHead(headLogSeq) {
      head = Math.max(head, headLogSeq);
      if (wasAtHead) lookAhead();
    },
    isComplete: () => complete && from <= 1 && through >= last(),
    reachedStart: () => from <= 1,
    subscribe: changes.subscribe,
    version: changes.version,
    dispose: () => {
      stop.abort();
      clearTimeout(timer);
    },
  };
}
