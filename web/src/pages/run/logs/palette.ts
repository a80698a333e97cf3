// The 240 colours of terminals beyond the sixteen that have names: a cube of six steps, and greys.

/** As CSS; undefined for the sixteen, which are the theme's. */
export function paletteColour(number: number): string | undefined {
  if (!Number.isInteger(number) || number < 16 || number > 255) return undefined;
  if (number >= 232) {
    const grey = 8 + (number - 232) * 10;
    return `rgb(${grey},${grey},${grey})`;
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const place = number - 16;
  return `rgb(${level(Math.floor(place / 36))},${level(Math.floor(place / 6) % 6)},${level(place % 6)})`;
}
