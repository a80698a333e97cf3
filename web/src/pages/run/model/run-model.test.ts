import { describe, expect, it } from 'vitest';
import type { WireEvent, WireLogLine, WireRunState } from '../../../api/wire';
import { statusOf } from '../../../fold/run';
import type { FeedSnapshot, RunFeed } from '../../../live/run-feed';
import { createRunModel } from './run-model';

const at = (seq: number) => new Date(1_795_341_600_000 + seq * 1_000).toISOString();

function event(seq: number, type: string, more: object = {}): WireEvent {
  const level = 'info';
  return {
    id: String(seq),
    seq,
    type,
    level,
    runId: 'r',
    eventId: '',
    occurredAt: at(seq),
    recordedAt: at(seq),
    metadata: {},
    ...more,
  } as unknown as WireEvent;
}

const ofNode = (seq: number, type: string, nodeRef = 'a', more: object = {}) =>
  event(seq, type, { nodeRef, attempt: 1, ...more });

const line = (logSeq: number, nodeRef = 'a') =>
  ({
    logSeq,
    nodeRef,
    attempt: 1,
    stream: 'stdout',
    lineNo: logSeq,
    at: at(logSeq),
    text: `line ${logSeq}`,
  }) as WireLogLine;

/** A feed that says what a test tells it to. */
function fakeFeed() {
  const told = {
    events: new Set<(e: readonly WireEvent[]) => void>(),
    lines: new Set<(l: readonly WireLogLine[]) => void>(),
    reset: new Set<(seq: number) => void>(),
  };
  const snapshot = {
    phase: 'live',
    headLogSeq: 0,
    logSeq: 0,
    logFrom: 0,
  } as unknown as FeedSnapshot;
  const adder =
    <T>(set: Set<T>) =>
    (listener: T) => {
      set.add(listener);
      return () => void set.delete(listener);
    };
  const feed = {
    runId: 'r',
    getSnapshot: () => snapshot,
    subscribe: () => () => {},
    onEvents: adder(told.events),
    onLines: adder(told.lines),
    onReset: adder(told.reset),
    close: () => {},
  } as RunFeed;
  return {
    feed,
    events: (...events: WireEvent[]) => {
      for (const tell of told.events) tell(events);
    },
    lines: (...lines: WireLogLine[]) => {
      for (const tell of told.lines) tell(lines);
    },
    reset: () => {
      for (const tell of told.reset) tell(1);
    },
  };
}

const state = (headSeq: number, status: string, nodes: object[] = []) =>
  ({
    runId: 'r',
    status,
    headSeq,
    labels: {},
    progress: { completedActions: 0, totalActions: nodes.length },
    nodes: nodes.map((node) => ({
      needs: [],
      attempt: 1,
      counts: { events: 0, warnings: 0, errors: 0, artifacts: 0, logLines: 7 },
      ...node,
    })),
  }) as unknown as WireRunState;

function open() {
  const model = createRunModel('r', async () => ({ lines: [], nextAfter: 0, complete: true }));
  const source = fakeFeed();
  model.attach(source.feed);
  return { model, ...source };
}

const course = [
  event(1, 'RUN_QUEUED', { data: { workflow: 'w', nodes: ['a', { nodeRef: 'b', needs: ['a'] }] } }),
  event(2, 'RUN_STARTED'),
  ofNode(3, 'NODE_STARTED'),
  ofNode(4, 'NODE_PROGRESS', 'a', { data: { completed: 1, total: 2 } }),
  ofNode(5, 'NODE_COMPLETED'),
  ofNode(6, 'NODE_FAILED', 'b', { error: { message: 'boom', details: { lastLines: ['x'] } } }),
  event(7, 'RUN_FAILED'),
];

describe('the model of a run', () => {
  it("shows the server's state until its own events have caught up, and never goes back", () => {
    const { model, events } = open();
    model.begin(state(5, 'RUNNING', [{ nodeRef: 'a', status: 'COMPLETED' }]));
    expect([statusOf(model.view().run), model.view().seq]).toEqual(['RUNNING', 5]);
    events(...course.slice(0, 3));
    expect([model.view().run.nodes.get('a')?.status, model.view().seq]).toEqual(['COMPLETED', 5]);
    events(...course.slice(3));
    expect([statusOf(model.view().run), model.view().seq]).toEqual(['FAILED', 7]);
  });

  it('ends with the reason, the node and its last words', () => {
    const { model, events } = open();
    events(...course);
    const { run } = model.view();
    expect(run.head.failure).toMatchObject({ reason: 'boom', nodeRef: 'b', details: { lastLines: ['x'] } });
    expect(run.head.completedAt).toBe(at(7));
  });

  it.each([
    ['RUN_COMPLETED', 'COMPLETED'],
    ['RUN_FAILED', 'FAILED'],
    ['RUN_CANCELLED', 'CANCELLED'],
    ['RUN_TERMINATED', 'TERMINATED'],
    ['RUN_TIMED_OUT', 'TIMED_OUT'],
  ])('%s is the end, whatever comes later', (type, status) => {
    const { model, events } = open();
    events(
      ...course.slice(0, 3),
      event(4, type),
      ofNode(5, 'NODE_COMPLETED'),
      event(6, 'RUN_COMPLETED'),
      event(7, 'NOTE'),
    );
    expect([statusOf(model.view().run), model.view().run.nodes.get('a')?.status]).toEqual([
      status,
      'RUNNING',
    ]);
    expect(model.view().run.head.lateEvents).toBe(2);
  });

  it('takes what is sent twice once', () => {
    const { model, events } = open();
    events(...course.slice(0, 4));
    events(...course.slice(2, 6));
    expect([model.history().headSeq, model.view().run.nodes.get('a')?.counts.events]).toEqual([6, 3]);
  });

  it('looks back while the run goes on, and returns', () => {
    const { model, events } = open();
    events(...course.slice(0, 4));
    model.lookAt(2);
    expect([model.view().isPast, model.view().run.nodes.get('a')?.status]).toEqual([true, 'PENDING']);
    events(...course.slice(4));
    expect([model.view().seq, model.view().headSeq, statusOf(model.view().run)]).toEqual([2, 7, 'RUNNING']);
    model.lookAt(undefined);
    expect([model.view().isPast, statusOf(model.view().run)]).toEqual([false, 'FAILED']);
  });

  it('gives views that later events leave alone, and the same node where nothing happened to it', () => {
    const { model, events } = open();
    events(...course.slice(0, 4));
    const before = model.view();
    const other = before.run.nodes.get('b');
    events(...course.slice(4, 5));
    expect(before.run.nodes.get('a')?.status).toBe('RUNNING');
    expect(model.view().run.nodes.get('b')).toBe(other);
    expect(model.view().shape).toBe(before.shape);
  });

  it('begins anew after a reset', () => {
    const { model, events, reset } = open();
    events(...course);
    reset();
    expect(model.view().run.nodes.size).toBe(0);
    events(...course.slice(0, 2));
    expect(model.view().seq).toBe(2);
  });

  it("counts output, and takes the server's count once it is closed", () => {
    const { model, lines, events } = open();
    model.begin(state(3, 'RUNNING', [{ nodeRef: 'a', status: 'RUNNING', lastLogLine: 'old' }]));
    expect(model.output.of('a')).toEqual({ lines: 7, lastLine: 'old' });
    lines(line(8), line(9));
    expect([model.output.of('a'), model.logHead(), model.pages.count()]).toEqual([
      { lines: 9, lastLine: 'line 9' },
      9,
      9,
    ]);
    const closed = (seq: number, stream: string, count: number) =>
      ofNode(seq, 'NODE_LOG_CLOSED', 'a', { data: { stream, lines: count, bytes: 1 } });
    events(...course.slice(0, 3), closed(4, 'stdout', 8), closed(5, 'stderr', 0));
    expect(model.output.of('a').lines).toBe(8);
  });
});
