// The screen of a headless terminal as rows of styled text.

import type { IBufferCell, Terminal } from '@xterm/headless';
import { paletteColour } from './palette';

export interface ScreenPiece {
  readonly column: number;
  readonly text: string;
  readonly className: string;
  readonly color: string | undefined;
  readonly background: string | undefined;
}

export interface ScreenRow {
  readonly key: number;
  readonly pieces: readonly ScreenPiece[];
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

export function screenOf(terminal: Terminal): ScreenRow[] {
  const buffer = terminal.buffer.active;
  const rows: ScreenRow[] = [];
  let used = 0;
  for (let index = 0; index < buffer.length; index += 1) {
    const line = buffer.getLine(index);
    const pieces: ScreenPiece[] = [];
    const width = line?.translateToString(true).length ?? 0;
    for (let column = 0; line && column < width; column += 1) {
      const cell = line.getCell(column);
      if (!cell || cell.getWidth() === 0) continue;
      add(pieces, column, cell);
    }
    if (pieces.length > 0) used = index + 1;
    rows.push({ key: index, pieces });
  }
  return rows.slice(0, used);
}

/** Puts the cell behind the last piece, or begins another where its style differs. */
function add(pieces: ScreenPiece[], column: number, cell: IBufferCell): void {
  const text = cell.getChars() || ' ';
  const look = lookOf(cell);
  const last = pieces.at(-1);
  if (
    last &&
    last.className === look.className &&
    last.color === look.color &&
    last.background === look.background
  ) {
    pieces[pieces.length - 1] = { ...last, text: last.text + text };
  } else pieces.push({ column, text, ...look });
}

function lookOf(cell: IBufferCell): Omit<ScreenPiece, 'column' | 'text'> {
  const names: string[] = [];
  if (cell.isBold()) names.push('sgr-bold');
  if (cell.isDim()) names.push('sgr-dim');
  if (cell.isItalic()) names.push('sgr-italic');
  if (cell.isUnderline()) names.push('sgr-underline');
  if (cell.isStrikethrough()) names.push('sgr-strikethrough');
  if (cell.isInvisible()) names.push('sgr-hidden');
  const front = colourOf(cell.isFgPalette(), cell.isFgRGB(), cell.getFgColor());
  const back = colourOf(cell.isBgPalette(), cell.isBgRGB(), cell.getBgColor());
  const isTurned = cell.isInverse() !== 0;
  const [text, paper] = isTurned ? [back, front] : [front, back];
  if (text?.name) names.push(`fg-${text.name}`);
  if (paper?.name) names.push(`bg-${paper.name}`);
  if (isTurned && !paper) names.push('bg-white');
  return { className: names.join(' '), color: text?.css, background: paper?.css };
}

function colourOf(
  isPalette: boolean,
  isRgb: boolean,
  colour: number,
): { name?: string; css?: string } | undefined {
  if (isRgb) return { css: `rgb(${(colour >> 16) & 255},${(colour >> 8) & 255},${colour & 255})` };
  if (!isPalette) return undefined;
  const name = NAMES[colour % 8];
  if (colour < 16 && name) return { name: colour < 8 ? name : `bright-${name}` };
  return { css: paletteColour(colour) };
}
