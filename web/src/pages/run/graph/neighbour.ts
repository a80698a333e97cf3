// The card that an arrow key leads to: the nearest one in that direction.

const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};
/** What is off the line counts more than what is far along it. */
const ASIDE = 2.5;

export function neighbour(from: Element, key: string): HTMLElement | undefined {
  const way = WAYS[key];
  if (!way) return undefined;
  const here = middle(from);
  let found: HTMLElement | undefined;
  let nearest = Number.POSITIVE_INFINITY;
  for (const card of document.querySelectorAll<HTMLElement>('[data-graph] [data-node]')) {
    const there = middle(card);
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const along = dx * way[0] + dy * way[1];
    if (card === from || along <= 1) continue;
    const far = along + ASIDE * Math.abs(dx * way[1] + dy * way[0]);
    if (far < nearest) [found, nearest] = [card, far];
  }
  return found;
}

function middle(element: Element): { x: number; y: number } {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left + width / 2, y: top + height / 2 };
}
