// The output of the run, or of the node that is chosen: a toolbar, the lines in one of three ways, and how complete they are.

import { type KeyboardEvent, lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Loading } from '../../../design/Notice';
import { useRunAddress } from '../address';
import { LineList, type LineListHandle } from './LineList';
import type { LineLook } from './LineRow';
import { LogFoot } from './LogFoot';
import styles from './LogPane.module.css';
import { LogToolbar } from './LogToolbar';
import type { LineFilter } from './line';
import { searchPattern } from './line-text';
import { NodeSections } from './NodeSections';
import { useFind } from './use-find';
import { useLogEnd } from './use-log-end';
import { useLooks } from './use-looks';
import { useLineSource } from './use-source';

const TerminalView = lazy(() => import('./TerminalView'));

export function LogPane() {
  const [address, change] = useRunAddress();
  const { node, attempt, stream, level, q, only, line, view } = address;
  const [looks, setLooks] = useLooks();
  const [follow, setFollow] = useState(line === undefined);
  const end = useLogEnd();
  const list = useRef<LineListHandle>(null);

  const streams = useMemo<LineFilter>(
    () => ({
      nodeRef: node,
      attempt,
      stream,
      level: level === 'warn' || level === 'error' ? level : undefined,
    }),
    [node, attempt, stream, level],
  );
  const filter = useMemo<LineFilter>(() => (only && q ? { ...streams, q } : streams), [streams, only, q]);
  const source = useLineSource(filter, end);
  const find = useFind(streams, q);

  const onPick = useCallback(
    (logSeq: number, extend: boolean) => {
      setFollow(false);
      const first = extend && line ? Math.min(line.first, logSeq) : logSeq;
      const last = extend && line ? Math.max(line.last, logSeq) : logSeq;
      change({ line: first === last ? first : `${first}-${last}` });
    },
    [change, line],
  );
  const look = useMemo<LineLook>(
    () => ({
      showsNode: node === undefined,
      showsTime: looks.times,
      pattern: searchPattern(q ?? ''),
      onPick,
    }),
    [node, looks.times, q, onPick],
  );

  const onFound = useCallback(
    (logSeq: number | undefined) => {
      if (logSeq === undefined) return;
      setFollow(false);
      change({ line: logSeq });
      void list.current?.goTo(logSeq);
    },
    [change],
  );
  const findFrom = (isForward: boolean) => {
    const from = line?.first ?? (list.current?.middle() ?? 1) - 1;
    void find.look(isForward ? from : Math.max(1, from), isForward).then(onFound);
  };

  // A line named in the address from elsewhere, such as an error's, is gone to.
  const isPast = end !== undefined;
  const firstLine = line?.first;
  useEffect(() => {
    if (firstLine !== undefined) setFollow(false);
  }, [firstLine]);

  return (
    <section className={styles.pane} aria-label="Output" onKeyDown={searchKey}>
      <LogToolbar
        address={address}
        onChange={change}
        find={find}
        onFind={findFrom}
        looks={looks}
        onLooks={setLooks}
        filter={filter}
      />
      <div className={styles.body}>
        {view === 'lines' && (
          <LineList
            handle={list}
            source={source}
            look={look}
            label={node ? `Output of ${node}` : 'Output of the run'}
            wraps={looks.wraps}
            follow={follow}
            onFollow={setFollow}
            picked={line}
            begin={line?.first}
            empty={emptyWords(filter, isPast)}
          />
        )}
        {view === 'nodes' && <NodeSections look={look} wraps={looks.wraps} filter={filter} end={end} />}
        {view === 'terminal' && (
          <Suspense fallback={<Loading what="the terminal" />}>
            <TerminalView filter={{ nodeRef: node, attempt, stream }} end={end} />
          </Suspense>
        )}
      </div>
      <LogFoot
        filter={filter}
        isPast={isPast}
        follow={follow}
        canFollow={view === 'lines'}
        picked={line}
        onGoTo={onFound}
        onFollow={() => {
          setFollow(true);
          change({ line: null });
          list.current?.toHead();
        }}
      />
    </section>
  );
}

/** The browser's own search finds what is drawn; ours finds what there is. */
function searchKey(event: KeyboardEvent<HTMLElement>): void {
  if (!(event.ctrlKey || event.metaKey) || event.key !== 'f') return;
  event.preventDefault();
  const box = event.currentTarget.querySelector<HTMLInputElement>('[data-log-search]');
  box?.focus();
  box?.select();
}

function emptyWords(filter: LineFilter, isPast: boolean): string {
  const names = [
    filter.nodeRef && `the node ${filter.nodeRef}`,
    filter.attempt && `attempt ${filter.attempt}`,
    filter.stream && `only ${filter.stream}`,
    filter.level && `the level ${filter.level}`,
    filter.q && `the search ${filter.q}`,
  ].filter(Boolean);
  const when = isPast ? ' by this moment' : ' so far';
  return names.length > 0 ? `No line${when} for ${names.join(', ')}.` : `No output${when}.`;
}
