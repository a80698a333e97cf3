// Draws the rows of a list that are in sight. The list may have millions of them, of one height or of any.
//
// Scrolling is the browser's own, keyboard included; the rows lie in a window that sticks to it and are drawn anew for each offset.
// Follows the end while the reader stands there.

import {
  type ReactNode,
  type Ref,
  useCallback,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { offsetOf, rowsAround, rowsAt, scrollHeight } from './place';
import styles from './VirtualRows.module.css';

export interface RowsHandle {
  readonly showRow: (index: number) => void;
  readonly showEnd: () => void;
  readonly focus: () => void;
}

interface Props {
  readonly count: number;
  readonly rowHeight: number;
  /** Whether every row has just that height. */
  readonly isFixed: boolean;
  readonly row: (index: number) => ReactNode;
  readonly label: string;
  /** Stays at the end when rows are added there. */
  readonly follow: boolean;
  /** The reader has moved away from the end, or back to it. */
  readonly onFollow?: (follow: boolean) => void;
  readonly onSight?: (first: number, last: number) => void;
  /** Rows added in front since the list began, so that what is in sight stays. */
  readonly shift?: number;
  readonly handle?: Ref<RowsHandle>;
  readonly className?: string | undefined;
}

/** Rows drawn beyond the window, so that a small scroll shows no edge. */
const SPARE_ROWS = 6;
/** A list this short is drawn whole where heights are unknown: nothing has to be guessed. */
const WHOLE_ROWS_MAX = 150;

export function VirtualRows(props: Props) {
  const {
    count,
    rowHeight,
    isFixed,
    row,
    label,
    follow,
    onFollow,
    onSight,
    shift = 0,
    handle,
    className = '',
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState({ top: 0, height: 0 });
  const seen = useRef({ top: 0, shift, wasFollowing: follow });
  const isWhole = !isFixed && count <= WHOLE_ROWS_MAX;
  const frame = { count, rowHeight, height: place.height };

  const look = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const { scrollTop: top, clientHeight: height } = box;
    setPlace((before) => (before.top === top && before.height === height ? before : { top, height }));
  }, []);

  const scrolled = () => {
    const box = scroller.current;
    if (!box) return;
    const { scrollTop: top, clientHeight: height, scrollHeight: whole } = box;
    if (top + height >= whole - 2) onFollow?.(true);
    else if (top < seen.current.top - 1) onFollow?.(false);
    seen.current.top = top;
    look();
  };

  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(look);
    observer.observe(box);
    return () => observer.disconnect();
  }, [look]);

  const moveTo = useCallback((top: number) => {
    const box = scroller.current;
    if (!box) return;
    box.scrollTop = top;
    seen.current.top = box.scrollTop;
    setPlace({ top: box.scrollTop, height: box.clientHeight });
  }, []);

  // What is in sight stays where rows came in front or at the end.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const added = shift - seen.current.shift;
    seen.current.shift = shift;
    if (follow && count >= 0) moveTo(box.scrollHeight);
    else if (added !== 0) moveTo(box.scrollTop + added * rowHeight);
  }, [follow, count, shift, rowHeight, moveTo]);

  useImperativeHandle(
    handle,
    () => ({
      showRow: (index) => {
        const box = scroller.current;
        if (!box) return;
        if (isWhole) rows.current?.children[index]?.scrollIntoView({ block: 'center' });
        else moveTo(offsetOf({ count, rowHeight, height: box.clientHeight }, index, isFixed));
      },
      showEnd: () => moveTo(scroller.current?.scrollHeight ?? 0),
      focus: () => scroller.current?.focus(),
    }),
    [count, rowHeight, isFixed, isWhole, moveTo],
  );

  const fixed = rowsAt(frame, place.top, SPARE_ROWS);
  const around = rowsAround(frame, place.top, SPARE_ROWS);
  const [first, last] = isWhole
    ? [0, count - 1]
    : isFixed
      ? [fixed.first, fixed.last]
      : [around.first, around.last];

  // biome-ignore lint/correctness/useExhaustiveDependencies: rows in sight may have come with another count
  useLayoutEffect(() => {
    if (place.height > 0) onSight?.(first, last);
  }, [onSight, first, last, place.height, count]);

  // Rows of unknown height are put in place once they have one.
  useLayoutEffect(() => {
    const box = rows.current;
    if (!box || isFixed || isWhole) return;
    const anchor = box.children[around.anchor - first] as HTMLElement | undefined;
    if (anchor)
      box.style.transform = `translateY(${around.y - anchor.offsetTop - around.part * anchor.offsetHeight}px)`;
  });

  const drawn: ReactNode[] = [];
  if (place.height > 0) for (let index = first; index <= last; index += 1) drawn.push(row(index));
  const height = isWhole ? undefined : scrollHeight(frame);
  return (
    <section
      ref={scroller}
      className={`${styles.scroller} ${className}`}
      onScroll={scrolled}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
      tabIndex={0}
      aria-label={label}
    >
      <div className={styles.whole} style={{ height }}>
        <div
          className={isWhole ? undefined : styles.window}
          style={isWhole ? undefined : { height: place.height }}
        >
          <div
            ref={rows}
            className={styles.rows}
            data-fixed={isFixed || undefined}
            style={isFixed ? { transform: `translateY(${fixed.top}px)` } : undefined}
          >
            {drawn}
          </div>
        </div>
      </div>
    </section>
  );
}
