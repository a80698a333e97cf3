import { describe, expect, it } from 'vitest';
import { findNext, findPrevious } from './find';
import type { LineFilter, LinePage, LineRange, LogLine } from './line';
import { createLinePages } from './line-pages';
import { folded, pieces, plain, searchPattern } from './line-text';
import { createLineWindow } from './line-window';
import { createLogClock } from './log-moment';

const line = (logSeq: number): LogLine => ({
  logSeq,
  nodeRef: logSeq % 3 ? 'a' : 'b',
  attempt: 1,
  stream: 'stdout',
  lineNo: logSeq,
  at: new Date(logSeq * 1000).toISOString(),
  text: `line ${logSeq}`,
});

/** A server with so many lines, that notes what it is asked. */
function server(head: number) {
  const asked: (LineRange & LineFilter)[] = [];
  const state = { head };
  const answer = async (range: LineRange & LineFilter): Promise<LinePage> => {
    asked.push(range);
    const { after = 0, limit = 500, tail, nodeRef } = range;
    const all = Array.from({ length: state.head }, (_, place) => line(place + 1)).filter(
      (one) =>
        one.logSeq > after &&
        one.logSeq < (range.before ?? Number.POSITIVE_INFINITY) &&
        (!nodeRef || one.nodeRef === nodeRef),
    );
    const isBack = tail !== undefined || (range.before !== undefined && range.after === undefined);
    const lines = isBack ? all.slice(-(tail ?? limit)) : all.slice(0, limit);
    const isFull = !isBack && lines.length >= limit;
    return {
      lines,
      nextAfter: isFull ? (lines.at(-1)?.logSeq ?? after) : Math.max(after, state.head),
      complete: !isFull,
    };
  };
  return { asked, answer, state };
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('all lines of a run', () => {
  it('asks for what is in sight only, wherever that is', async () => {
    const { asked, answer } = server(100_000);
    const pages = createLinePages(answer);
    pages.setHead(100_000);
    pages.want(70_010, 70_050);
    await settled();
    expect(asked).toEqual([{ after: 70_000, limit: 500 }]);
    expect(pages.get(70_020)?.logSeq).toBe(70_021);
    pages.want(70_010, 70_050);
    await settled();
    expect(asked).toHaveLength(1);
  });

  it('takes live lines without asking, and fills what it missed', async () => {
    const { asked, answer, state } = server(10);
    const pages = createLinePages(answer);
    pages.append(Array.from({ length: 10 }, (_, place) => line(place + 1)));
    expect([pages.count(), pages.get(9)?.logSeq, asked.length]).toEqual([10, 10, 0]);
    state.head = 700;
    pages.append([line(700)]);
    expect(pages.count()).toBe(700);
    pages.want(0, 699);
    await settled();
    expect(Array.from({ length: 700 }, (_, place) => pages.get(place)?.logSeq)).toEqual(
      Array.from({ length: 700 }, (_, place) => place + 1),
    );
  });

  it('shows no line that came after a moment in the past', () => {
    const pages = createLinePages(server(0).answer);
    pages.append(Array.from({ length: 10 }, (_, place) => line(place + 1)));
    pages.setEnd(4);
    expect([pages.count(), pages.indexOf(5)]).toEqual([4, undefined]);
    pages.setEnd(undefined);
    expect(pages.count()).toBe(10);
  });
});

describe('the lines that a filter leaves', () => {
  it('begins at the newest and grows back without a gap or a double', async () => {
    const { answer } = server(9_000);
    const window = createLineWindow(answer, { nodeRef: 'a' });
    await window.toHead();
    expect(window.get(window.count() - 1)?.logSeq).toBe(8_999);
    for (let round = 0; round < 20 && !window.reachedStart(); round += 1) {
      window.want(0, 50);
      await settled();
    }
    const seqs = Array.from({ length: window.count() }, (_, place) => window.get(place)?.logSeq);
    expect(seqs).toEqual(Array.from({ length: 9_000 }, (_, place) => place + 1).filter((seq) => seq % 3));
    expect([window.isComplete(), window.shift()]).toEqual([true, 5_500]);
  });

  it('follows what is new, and goes to any line', async () => {
    const { answer, state } = server(3_000);
    const window = createLineWindow(answer, { nodeRef: 'a' });
    window.setHead(3_000);
    expect(window.get(await window.goTo(1_499))?.logSeq).toBe(1_499);
    expect(window.atHead()).toBe(false);
    await window.toHead();
    window.want(window.count() - 30, window.count() - 1);
    state.head = 3_010;
    window.setHead(3_010);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(window.get(window.count() - 1)?.logSeq).toBe(3_010);
  });

  it('stays with the newest lines of a flood, and can go back from there', async () => {
    const { answer, state } = server(1_000);
    const window = createLineWindow(answer, { nodeRef: 'a' });
    await window.toHead();
    window.want(window.count() - 30, window.count() - 1);
    state.head = 60_000;
    window.setHead(60_000);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(window.get(window.count() - 1)?.logSeq).toBe(59_999);
    const before = window.get(0)?.logSeq ?? 0;
    window.want(0, 30);
    await settled();
    expect(window.get(0)?.logSeq).toBeLessThan(before);
  });

  it('ends at a moment in the past', async () => {
    const window = createLineWindow(server(3_000).answer, { nodeRef: 'a' }, 2_000);
    await window.toHead();
    expect(window.get(window.count() - 1)?.logSeq).toBe(2_000);
  });
});

describe('the search', () => {
  const { signal } = new AbortController();
  const matches = new Set([40, 900]);
  const slow = server(1_000);
  /** Finds a few lines, and looks at no more than a hundred at a time. */
  const fetchLines = async (range: LineRange & LineFilter): Promise<LinePage> => {
    const { after, before } = range;
    const isBack = after === undefined;
    const [low, high] = isBack
      ? [Math.max(1, (before ?? 1_001) - 100), (before ?? 1_001) - 1]
      : [after + 1, Math.min(1_000, after + 100)];
    const found = [...matches]
      .filter((seq) => seq >= low && seq <= high)
      .sort((a, b) => (isBack ? b - a : a - b))[0];
    const lines = found === undefined ? [] : [line(found)];
    const isAtEnd = isBack ? low === 1 : high === 1_000;
    return { lines, nextAfter: high, nextBefore: low, complete: true, stopped: isAtEnd ? 'end' : 'time' };
  };
  const search = { fetchLines, filter: { q: 'x' }, signal };

  it('goes on where the server ran out of time, and round at the ends', async () => {
    expect(await findNext(search, 40)).toEqual({ logSeq: 900, hasWrapped: false });
    expect(await findNext(search, 900)).toEqual({ logSeq: 40, hasWrapped: true });
    expect(await findPrevious(search, 900)).toEqual({ logSeq: 40, hasWrapped: false });
    expect(await findPrevious(search, 40)).toEqual({ logSeq: 900, hasWrapped: true });
  });

  it('ends where there is nothing', async () => {
    const nothing = { ...search, fetchLines: slow.answer, filter: { q: 'x', nodeRef: 'nobody' } };
    expect([await findNext(nothing, 5), await findPrevious(nothing, 5)]).toEqual([undefined, undefined]);
  });
});

describe('the clock of the output', () => {
  it('finds the newest line at a time with few questions, and fewer the next time', async () => {
    const { asked, answer } = server(1_000);
    const clock = createLogClock(answer);
    const { signal } = new AbortController();
    expect(await clock.newestAt(612_500, 1_000, signal)).toBe(612);
    expect(asked.length).toBeLessThanOrEqual(10);
    const before = asked.length;
    expect(await clock.newestAt(613_500, 1_000, signal)).toBe(613);
    expect(asked.length - before).toBeLessThanOrEqual(2);
    expect(await clock.newestAt(0, 1_000, signal)).toBe(0);
    expect(await clock.newestAt(9e12, 1_000, signal)).toBe(1_000);
  });
});

describe('the text of a line', () => {
  it('is what a terminal shows after the last carriage return', () => {
    expect(folded('10%\r50%\r100%')).toBe('100%');
    expect(folded('abcdef\rXY')).toBe('XYcdef');
    expect(folded('done\r')).toBe('done');
    expect(folded('long text\r\u001b[2Knew')).toContain('new');
    expect(plain(folded('long text\r\u001b[2Knew'))).toBe('new');
  });

  it('keeps colours and drops what moves the cursor', () => {
    const [red, rest] = pieces('\u001b[31mred\u001b[0m plain\u001b[3A\u001b]0;title\u0007', undefined);
    expect(red).toMatchObject({ text: 'red', className: 'fg-red' });
    expect(rest).toMatchObject({ text: ' plain', className: '' });
    expect(pieces('\u001b[38;5;196mx', undefined)[0]?.color).toBe('rgb(255,0,0)');
  });

  it('marks what was searched across colours', () => {
    const found = pieces('ab\u001b[1mcd\u001b[0mef', searchPattern('bcde'));
    expect(found.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual(['b', 'cd', 'e']);
    expect(found.map(({ text }) => text).join('')).toBe('abcdef');
    expect(searchPattern('/a.c/')?.test('abc')).toBe(true);
    expect(searchPattern('a.c')?.test('abc')).toBe(false);
    expect(searchPattern('/(/')).toBeUndefined();
  });
});
