// All lines of a run by their place: logSeq has no gaps, so any line can be asked for without those before it.
//
// Pages near what is in sight are kept, the others go. Live lines enter at the end without a request.

import type { FetchLines, LogLine } from './line';
import { createChanges, type LineSource } from './line-source';

/** One request's worth: a few screens, some hundred kilobytes. */
export const PAGE_LINES = 500;
/** Pages kept: 60,000 lines, some tens of megabytes at most. */
const PAGES_MAX = 120;
/** Beyond this, fast scrolling would queue requests for what is long out of sight. */
const REQUESTS_MAX = 4;

interface Page {
  readonly lines: (LogLine | undefined)[];
  /** Everything up to this logSeq has been asked for; a line missing below is gone from the store. */
  through: number;
}

export interface LinePages extends LineSource {
  readonly append: (lines: readonly LogLine[]) => void;
  readonly setHead: (headLogSeq: number) => void;
  /** Shows lines up to here only; undefined shows all. */
  readonly setEnd: (logSeq: number | undefined) => void;
}

export function createLinePages(fetchLines: FetchLines): LinePages {
  const pages = new Map<number, Page>();
  const waiting = new Map<number, AbortController>();
  const changes = createChanges();
  let head = 0;
  let end: number | undefined;
  let inSight: [number, number] = [0, -1];
  let failure: string | undefined;
  // The head arrives with the first word of the stream; before it no place is known.
  let noteHead = () => {};
  const headKnown = new Promise<void>((resolve) => {
    noteHead = resolve;
  });

  const count = () => Math.min(head, end ?? head);
  const pageOf = (logSeq: number) => Math.floor((logSeq - 1) / PAGE_LINES);

  function put(line: LogLine): void {
    const number = pageOf(line.logSeq);
    const start = number * PAGE_LINES;
    let page = pages.get(number);
    if (!page) {
      if (line.logSeq !== start + 1) return; // its beginning will be asked for when it is looked at
      page = { lines: [], through: start };
      pages.set(number, page);
    }
    if (line.logSeq !== page.through + 1) return;
    page.lines[line.logSeq - start - 1] = line;
    page.through = line.logSeq;
  }

  async function load(number: number): Promise<void> {
    const start = number * PAGE_LINES;
    const after = Math.max(start, pages.get(number)?.through ?? 0);
    const stop = new AbortController();
    waiting.set(number, stop);
    try {
      const answer = await fetchLines({ after, limit: start + PAGE_LINES - after }, stop.signal);
      const page = pages.get(number) ?? { lines: [], through: start };
      for (const line of answer.lines)
        if (pageOf(line.logSeq) === number) page.lines[line.logSeq - start - 1] = line;
      page.through = Math.max(page.through, Math.min(answer.nextAfter, start + PAGE_LINES));
      pages.delete(number);
      pages.set(number, page); // the newest of the map goes last
      failure = undefined;
    } catch (error) {
      if (!stop.signal.aborted) failure = error instanceof Error ? error.message : String(error);
    }
    waiting.delete(number);
    forget();
    changes.tell();
    if (failure === undefined) loadMissing();
  }

  function loadMissing(): void {
    const [first, last] = inSight;
    const [from, to] = [pageOf(first + 1), pageOf(last + 1)];
    for (const [number, stop] of waiting) if (number < from - 1 || number > to + 1) stop.abort();
    for (let number = from; number <= to; number += 1) {
      const through = pages.get(number)?.through ?? number * PAGE_LINES;
      const needed = Math.min((number + 1) * PAGE_LINES, count(), last + 1);
      if (through < needed && !waiting.has(number) && waiting.size < REQUESTS_MAX) void load(number);
    }
  }

  function forget(): void {
    const [from, to] = [pageOf(inSight[0] + 1), pageOf(inSight[1] + 1)];
    for (const number of pages.keys()) {
      if (pages.size <= PAGES_MAX) return;
      if (number < from || number > to) pages.delete(number);
    }
  }

  return {
    count,
    get: (index) => pages.get(pageOf(index + 1))?.lines[index % PAGE_LINES],
    indexOf: (logSeq) => (logSeq >= 1 && logSeq <= count() ? logSeq - 1 : undefined),
    want(first, last) {
      inSight = [Math.max(0, first), last];
      if (last >= first) loadMissing();
    },
    async goTo(logSeq) {
      await headKnown;
      return Math.max(0, Math.min(logSeq, count()) - 1);
    },
    atHead: () => true,
    toHead: async () => {},
    isBusy: () => waiting.size > 0,
    failure: () => failure,
    shift: () => 0,
    append(lines) {
      for (const line of lines) put(line);
      head = Math.max(head, lines.at(-1)?.logSeq ?? 0);
      noteHead();
      forget();
      changes.tell();
    },
    setHead(headLogSeq) {
      if (headLogSeq <= head) return;
      head = headLogSeq;
      noteHead();
      changes.tell();
    },
    setEnd(logSeq) {
      if (end === logSeq) return;
      end = logSeq;
      changes.tell();
    },
    subscribe: changes.subscribe,
    version: changes.version,
    dispose: () => {
      for (const stop of waiting.values()) stop.abort();
    },
  };
}
