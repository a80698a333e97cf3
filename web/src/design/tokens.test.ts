import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync('src/design/tokens.css', 'utf8');
const COLOURS = new Map(
  [...CSS.matchAll(/--([\w-]+):\s*light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name = '', light = '', dark = '']) => [name, { light, dark }] as const,
  ),
);
const TEXTS = ['ink', 'soft', 'faint', 'link', 'accent', 'idle', 'busy', 'good', 'bad', 'warn', 'quiet'];
const GROUNDS = ['sunk', 'paper', 'card', 'raised', 'hover', 'chosen'];
const TONES = ['idle', 'busy', 'good', 'bad', 'warn', 'quiet'];
/** WCAG 2.2, success criteria 1.4.3 and 1.4.11. */
const FOR_TEXT = 4.5;
const FOR_FRAMES = 3;

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(front: string, back: string, theme: 'light' | 'dark'): number {
  const [a, b] = [front, back].map((name) => luminance(COLOURS.get(name)?.[theme] ?? '#808080')) as [
    number,
    number,
  ];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

describe.each(['light', 'dark'] as const)('colours of the %s theme', (theme) => {
  const pairs = [
    ...TEXTS.flatMap((text) => GROUNDS.map((ground) => [text, ground] as const)),
    ...TONES.map((tone) => [tone, `${tone}-paper`] as const),
    ...Array.from({ length: 8 }, (_, n) => [`ansi-${n}`, 'sunk'] as const),
    ['on-accent', 'accent'] as const,
  ];
  it('are all there', () => {
    for (const name of pairs.flat()) expect(COLOURS.has(name), name).toBe(true);
  });
  it('let text be read', () => {
    const faint = pairs.filter(([front, back]) => contrast(front, back, theme) < FOR_TEXT);
    expect(faint).toEqual([]);
  });
  it('show where controls end', () => {
    for (const ground of ['paper', 'card', 'raised']) {
      expect(contrast('line-strong', ground, theme), ground).toBeGreaterThanOrEqual(FOR_FRAMES);
    }
  });
});
