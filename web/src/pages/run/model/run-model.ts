// A run as the page holds it: its events, its output, and the moment that is being looked at.
//
// Owns the one fold of the page. Everything that is drawn reads a `RunView`, which never changes once it was given; the model makes
// a new one at most once a frame, since the feed delivers so. It draws nothing and asks the server for nothing.

import type { WireLogLine, WireRunState } from '../../../api/wire';
import { emptyRun, snapshot } from '../../../fold/run';
import type { FoldedRun, RunEvent } from '../../../fold/types';
import type { RunFeed } from '../../../live/run-feed';
import { createHistory, type History } from '../history/history';
import type { FetchLines, LogLine } from '../logs/line';
import { createLinePages, type LinePages } from '../logs/line-pages';
import { createChanges } from '../logs/line-source';
import { addEvent, type Spans } from '../timeline/spans';
import { fromWire } from './from-wire';
import { createOutput, type Output } from './output';

export interface RunView {
  readonly run: FoldedRun;
  /** The moment that is shown. */
  readonly seq: number;
  /** The newest moment there is. */
  readonly headSeq: number;
  readonly isPast: boolean;
  /** Names of the nodes, the same array until another node comes. */
  readonly nodeRefs: readonly string[];
  /** Anew whenever a need or a node comes: what the graph is laid out from. */
  readonly shape: readonly { nodeRef: string; needs: readonly string[] }[];
}

export interface RunModel {
  readonly runId: string;
  readonly history: () => History;
  readonly spans: () => Spans;
  readonly output: Output;
  /** All lines of the run; what a filter leaves is read beside it. */
  readonly pages: LinePages;
  readonly fetchLines: FetchLines;
  /** The newest line there is, as far as is known. */
  readonly logHead: () => number;
  readonly view: () => RunView;
  /** Told after the view, or what is known of the output, has changed. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly version: () => number;
  readonly onLines: (listener: (lines: readonly WireLogLine[]) => void) => () => void;
  /** The state that the server gave, for the time until the events are here. */
  readonly begin: (state: WireRunState) => void;
  /** Looks at a moment; undefined looks at what is newest. */
  readonly lookAt: (seq: number | undefined) => void;
  readonly attach: (feed: RunFeed) => () => void;
}

export function createRunModel(runId: string, fetchLines: FetchLines): RunModel {
  const changes = createChanges();
  const lineListeners = new Set<(lines: readonly WireLogLine[]) => void>();
  const output = createOutput();
  const pages = createLinePages(fetchLines);
  let logHead = 0;
  let history = createHistory();
  let spans: Spans = new Map();
  let given: FoldedRun | undefined;
  let moment: number | undefined;
  let view = viewOf(emptyRun(), 0, false);

  function viewOf(run: FoldedRun, headSeq: number, isPast: boolean, before?: RunView): RunView {
    const same = before && sameShape(before, run);
    const shape = same
      ? before.shape
      : [...run.nodes.values()].map(({ nodeRef, needs }) => ({ nodeRef, needs }));
    const nodeRefs = same ? before.nodeRefs : shape.map(({ nodeRef }) => nodeRef);
    return { run, seq: run.head.headSeq, headSeq, isPast, nodeRefs, shape };
  }

  function renew(): void {
    const headSeq = Math.max(history.headSeq, given?.head.headSeq ?? 0);
    const past = moment !== undefined && moment < headSeq ? history.stateAt(moment) : undefined;
    const isBehind = given && given.head.headSeq > history.headSeq;
    const newest = isBehind && given ? given : snapshot(history.run);
    view = viewOf(past ?? newest, headSeq, past !== undefined, view);
    changes.tell();
  }

  function take(events: readonly RunEvent[]): void {
    for (const event of history.append(events)) {
      addEvent(spans, event);
      output.addEvent(event);
    }
    renew();
  }

  function restart(): void {
    history = createHistory();
    spans = new Map();
    given = undefined;
    renew();
  }

  function noteLogHead(logSeq: number): void {
    if (logSeq <= logHead) return;
    logHead = logSeq;
    pages.setHead(logSeq);
    changes.tell();
  }

  return {
    runId,
    pages,
    fetchLines,
    logHead: () => logHead,
    history: () => history,
    spans: () => spans,
    output,
    view: () => view,
    subscribe: changes.subscribe,
    version: changes.version,
    onLines(listener) {
      lineListeners.add(listener);
      return () => void lineListeners.delete(listener);
    },
    begin(state) {
      given = fromWire(state);
      output.begin(state);
      renew();
    },
    lookAt(seq) {
      if (seq === moment) return;
      moment = seq;
      renew();
    },
    attach(feed) {
      const ends = [
        feed.onEvents((events) => take(events as readonly RunEvent[])),
        feed.onReset(restart),
        feed.onLines((lines) => {
          output.addLines(lines);
          pages.append(lines as readonly LogLine[]);
          logHead = Math.max(logHead, lines.at(-1)?.logSeq ?? 0);
          for (const listener of lineListeners) listener(lines);
          changes.tell();
        }),
      ];
      const noteHead = () => {
        const { headLogSeq, logSeq, logFrom } = feed.getSnapshot();
        noteLogHead(Math.max(headLogSeq, logSeq, logFrom));
      };
      ends.push(feed.subscribe(noteHead));
      noteHead();
      return () => {
        for (const end of ends) end();
      };
    },
  };
}

function sameShape(before: RunView, run: FoldedRun): boolean {
  if (before.shape.length !== run.nodes.size) return false;
  let place = 0;
  for (const node of run.nodes.values()) {
    const known = before.shape[place];
    if (known?.nodeRef !== node.nodeRef || known.needs !== node.needs) return false;
    place += 1;
  }
  return true;
}
