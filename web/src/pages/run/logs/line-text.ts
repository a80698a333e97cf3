// A line of output as it looks: carriage returns folded to the last state, colours as runs of text, the search marked.
//
// Text only ever becomes text nodes; nothing here makes markup.

import Anser from 'anser';
import { paletteColour } from './palette';

/** A stretch of text in one style. */
export interface Piece {
  readonly text: string;
  readonly className: string;
  readonly color?: string | undefined;
  readonly background?: string | undefined;
  readonly isMatch: boolean;
}

/** What a row shows at most: a browser lays out a megabyte in one line badly. The rest is a click away. */
export const SHOWN_MAX = 4_000;

const ESC = '\u001b';
/** Colour and style stay; cursor moves, titles and other commands go, since a line view has no screen. */
const COMMANDS =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are made of control characters
  /\u001b(?:\[[0-9;:?<=>!]*[ -/]*[@-ln-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-Z\\^-~])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left of control characters has no width
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001a\u001c-\u001f\u007f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences
const COLOURS = /\u001b\[[0-9;:]*m/g;
const SIXTEEN = new Map<string, string>(
  ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'].flatMap((name) => [
    [`ansi-${name}`, name],
    [`ansi-bright-${name}`, `bright-${name}`],
  ]),
);

/**
 * The line after all its carriage returns: each puts the cursor back to the start, and what follows overwrites. A part that erases
 * the line (`ESC[K`, `ESC[2K`) leaves nothing of the one before.
 */
export function folded(text: string): string {
  const ended = text.endsWith('\r') ? text.slice(0, -1) : text;
  if (!ended.includes('\r')) return ended;
  let seen = '';
  for (const part of ended.split('\r')) {
    if (part === '') continue;
    seen = erases(part) ? part : part + tailFrom(seen, width(part));
  }
  return seen;
}

const erases = (part: string) =>
  part.includes(`${ESC}[K`) || part.includes(`${ESC}[2K`) || part.includes(`${ESC}[0K`);

const width = (part: string) => plain(part).length;

/** What of `text` stands behind its first `columns` characters, colours kept. */
function tailFrom(text: string, columns: number): string {
  let left = columns;
  let place = 0;
  let colours = '';
  for (const match of text.matchAll(COLOURS)) {
    const stretch = text.slice(place, match.index);
    if (stretch.length > left) return colours + stretch.slice(left) + text.slice(match.index);
    left -= stretch.length;
    colours += match[0];
    place = match.index + match[0].length;
  }
  const rest = text.slice(place);
  return rest.length > left ? colours + rest.slice(left) : '';
}

/** The characters alone. */
export function plain(text: string): string {
  return text.replace(COMMANDS, '').replace(COLOURS, '').replace(CONTROLS, '');
}

/** The pieces of a line, `marks` being what the search found in the plain text. */
export function pieces(text: string, pattern: RegExp | undefined): Piece[] {
  const line = folded(text).replace(COMMANDS, '').replace(CONTROLS, '');
  const styled = line.includes(ESC) ? coloured(line) : [{ text: line, className: '', isMatch: false }];
  return pattern ? marked(styled, pattern) : styled;
}

function coloured(line: string): Piece[] {
  return Anser.ansiToJson(line, { use_classes: true, remove_empty: true }).map((part) => {
    const front = SIXTEEN.get(part.fg ?? '');
    const back = SIXTEEN.get(part.bg ?? '');
    const names = part.decorations.map((name) => `sgr-${name}`);
    if (front) names.push(`fg-${front}`);
    if (back) names.push(`bg-${back}`);
    return {
      text: part.content,
      className: names.join(' '),
      color: front ? undefined : exact(part.fg, part.fg_truecolor),
      background: back ? undefined : exact(part.bg, part.bg_truecolor),
      isMatch: false,
    };
  });
}

/** A colour of the 256, or one of its own, as CSS. */
function exact(name: string | undefined, truecolor: string | undefined): string | undefined {
  if (!name) return undefined;
  if (name === 'ansi-truecolor') return truecolor ? `rgb(${truecolor})` : undefined;
  return paletteColour(Number(/^ansi-palette-(\d+)$/.exec(name)?.[1] ?? Number.NaN));
}

/** The pieces cut at the borders of what matches in the text as a whole. */
function marked(styled: Piece[], pattern: RegExp): Piece[] {
  const whole = styled.map(({ text }) => text).join('');
  const cuts: [number, number][] = [];
  for (const match of whole.slice(0, SHOWN_MAX).matchAll(pattern))
    if (match[0]) cuts.push([match.index, match.index + match[0].length]);
  if (cuts.length === 0) return styled;
  const out: Piece[] = [];
  let start = 0;
  for (const piece of styled) {
    const end = start + piece.text.length;
    let place = start;
    for (const [from, to] of cuts) {
      const [first, last] = [Math.max(from, start), Math.min(to, end)];
      if (first >= last) continue;
      if (first > place) out.push({ ...piece, text: whole.slice(place, first) });
      out.push({ ...piece, text: whole.slice(first, last), isMatch: true });
      place = last;
    }
    if (place < end) out.push({ ...piece, text: whole.slice(place, end) });
    start = end;
  }
  return out;
}

/** What a search box holds as an expression for marking: `/…/` is one, anything else is meant literally. */
export function searchPattern(text: string): RegExp | undefined {
  if (text === '') return undefined;
  const asExpression = /^\/(.+)\/$/.exec(text)?.[1];
  try {
    if (asExpression !== undefined) return new RegExp(asExpression, 'gu');
  } catch {
    return undefined; // an expression of the server's that this browser can't read still finds, unmarked
  }
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'g');
}
