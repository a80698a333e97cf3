// A list of lines to scroll through: follows the end, goes to a line, and says when there is nothing.

import { type Ref, useCallback, useEffect, useImperativeHandle, useMemo, useRef } from 'react';
import { Button } from '../../../design/Button';
import { type RowsHandle, VirtualRows } from '../rows/VirtualRows';
import styles from './LineList.module.css';
import { LineGap, type LineLook, LineRow } from './LineRow';
import lineStyles from './Lines.module.css';
import type { LineSource } from './line-source';
import { useSourceVersion } from './use-source';

export interface LineListHandle {
  /** Shows the line, or the nearest after it that is among these. */
  readonly goTo: (logSeq: number) => Promise<void>;
  readonly toHead: () => void;
  /** The line in the middle of what is in sight. */
  readonly middle: () => number;
}

interface Props {
  readonly source: LineSource | null;
  readonly look: LineLook;
  readonly label: string;
  readonly wraps: boolean;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly picked: { readonly first: number; readonly last: number } | undefined;
  /** Where to begin instead of the end. */
  readonly begin: number | undefined;
  readonly empty: string;
  readonly handle?: Ref<LineListHandle>;
}

/** The height of a row; Lines.module.css has it too. */
export const ROW_HEIGHT = 20;

export function LineList({
  source,
  look,
  label,
  wraps,
  follow,
  onFollow,
  picked,
  begin,
  empty,
  handle,
}: Props) {
  const version = useSourceVersion(source);
  const rows = useRef<RowsHandle>(null);
  const sight = useRef<[number, number]>([0, 0]);
  const count = source?.count() ?? 0;
  const sourceKey = useKeyOf(source);

  const goTo = useCallback(
    async (logSeq: number) => {
      if (!source) return;
      const index = await source.goTo(logSeq);
      requestAnimationFrame(() => rows.current?.showRow(index));
    },
    [source],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: see below
  useEffect(() => {
    if (!source) return;
    if (begin === undefined) void source.toHead();
    else void goTo(begin);
    // The beginning is where a list begins; later it is gone to by hand.
  }, [source]);

  useImperativeHandle(
    handle,
    () => ({
      goTo,
      toHead: () => {
        void source?.toHead().then(() => requestAnimationFrame(() => rows.current?.showEnd()));
      },
      middle: () => {
        const [first, last] = sight.current;
        return source?.get(Math.round((first + last) / 2))?.logSeq ?? Math.round((first + last) / 2) + 1;
      },
    }),
    [source, goTo],
  );

  const onSight = useCallback(
    (first: number, last: number) => {
      sight.current = [first, last];
      source?.want(first, last);
    },
    [source],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: a source changes in place and tells by its version
  const row = useMemo(
    () => (index: number) => {
      const line = source?.get(index);
      if (!line) return <LineGap key={`gap-${index}`} logSeq={index + 1} />;
      const isPicked = picked !== undefined && line.logSeq >= picked.first && line.logSeq <= picked.last;
      return <LineRow key={line.logSeq} line={line} look={look} isPicked={isPicked} />;
    },
    [source, version, look, picked],
  );

  // Asked again when lines have come: what was in sight may have been missing.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => source?.want(...sight.current), [source, version]);

  const failure = source?.failure();
  return (
    <div className={styles.list} data-busy={source?.isBusy() || undefined}>
      <VirtualRows
        key={sourceKey}
        handle={rows}
        className={wraps ? lineStyles.wraps : undefined}
        count={count}
        rowHeight={ROW_HEIGHT}
        isFixed={!wraps}
        row={row}
        label={label}
        follow={follow && (source?.atHead() ?? true)}
        onFollow={onFollow}
        onSight={onSight}
        shift={source?.shift() ?? 0}
      />
      {failure !== undefined && (
        <div className={styles.over} role="alert">
          <p>These lines could not be read: {failure}</p>
          <Button onClick={() => source?.want(...sight.current)}>Try again</Button>
        </div>
      )}
      {failure === undefined && source && count === 0 && !source.isBusy() && (
        <p className={styles.over}>{empty}</p>
      )}
    </div>
  );
}

/** Another number for each source, so that a list's place is never another list's. */
function useKeyOf(source: LineSource | null): number {
  const kept = useRef({ source, key: 0 });
  if (kept.current.source !== source) kept.current = { source, key: kept.current.key + 1 };
  return kept.current.key;
}
