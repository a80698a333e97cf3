// Where a list of a million rows stands for a given scroll offset. Pure.
//
// The scroll bar stands for the share of the list that is above: at share p the list's p-th part is at the p-th part of the window. For rows of
// one height this is exactly how a browser scrolls; it also holds when the rows' heights are unknown, and when the list is
// higher than what browsers can lay out.

/** Browsers lay out some thirty million pixels; beyond this the bar is scaled. */
const SCROLL_HEIGHT_MAX = 15_000_000;

export interface Frame {
  readonly count: number;
  readonly rowHeight: number;
  /** Of the window. */
  readonly height: number;
}

/** The height of what is scrolled. */
export const scrollHeight = ({ count, rowHeight, height }: Frame): number =>
  Math.max(height, Math.min(count * rowHeight, SCROLL_HEIGHT_MAX));

/** The share of the way from the top, 0 to 1. */
export function shareAt(frame: Frame, scrollTop: number): number {
  const way = scrollHeight(frame) - frame.height;
  return way <= 0 ? 0 : Math.min(1, Math.max(0, scrollTop / way));
}

/** For rows of one height: the first row to draw, how many, and where the first one's top is in the window. */
export function rowsAt(
  frame: Frame,
  scrollTop: number,
  spare: number,
): { first: number; last: number; top: number } {
  const { count, rowHeight, height } = frame;
  const offset = Math.max(0, count * rowHeight - height) * shareAt(frame, scrollTop);
  const first = Math.max(0, Math.floor(offset / rowHeight) - spare);
  const last = Math.min(count - 1, Math.ceil((offset + height) / rowHeight) + spare);
  return { first, last, top: first * rowHeight - offset };
}

/** For rows of unknown heights: those that may be in sight, and the point of the list that lies at `y` of the window. */
export function rowsAround(
  frame: Frame,
  scrollTop: number,
  spare: number,
): { first: number; last: number; anchor: number; part: number; y: number } {
  const share = shareAt(frame, scrollTop);
  const point = Math.min(share * frame.count, Math.max(0, frame.count - 1e-6));
  const anchor = Math.floor(point);
  const above = Math.ceil((share * frame.height) / frame.rowHeight) + spare;
  const below = Math.ceil(((1 - share) * frame.height) / frame.rowHeight) + spare;
  return {
    first: Math.max(0, anchor - above),
    last: Math.min(frame.count - 1, anchor + below),
    anchor,
    part: point - anchor,
    y: share * frame.height,
  };
}

/** The scroll offset that brings a row to the middle of the window, or as near as the list's ends allow. */
export function offsetOf(frame: Frame, index: number, isFixed: boolean): number {
  const way = scrollHeight(frame) - frame.height;
  if (way <= 0) return 0;
  if (!isFixed) return (way * (index + 0.5)) / Math.max(1, frame.count);
  const total = frame.count * frame.rowHeight - frame.height;
  const wanted = (index + 0.5) * frame.rowHeight - frame.height / 2;
  return way * Math.min(1, Math.max(0, wanted / total));
}
