// The lines a list shows: the run's pages where nothing is filtered, else a window of its own.

import { useEffect, useState, useSyncExternalStore } from 'react';
import { useModel } from '../model/use-run';
import { isUnfiltered, type LineFilter } from './line';
import type { LineSource } from './line-source';
import { createLineWindow } from './line-window';

/** `end`: no lines beyond this one, for a moment in the past. Null until the first effect has run. */
export function useLineSource(filter: LineFilter, end: number | undefined): LineSource | null {
  const model = useModel();
  const [source, setSource] = useState<{ key: string; source: LineSource } | null>(null);
  const whole = isUnfiltered(filter);
  const key = whole ? 'all' : JSON.stringify([filter, end ?? null]);

  useEffect(() => {
    if (whole) {
      model.pages.setEnd(end);
      return () => model.pages.setEnd(undefined);
    }
    return undefined;
  }, [model, whole, end]);

  useEffect(() => {
    if (key === 'all') {
      setSource({ key, source: model.pages });
      return undefined;
    }
    const [wanted, until] = JSON.parse(key) as [LineFilter, number | null];
    const window = createLineWindow(model.fetchLines, wanted, until ?? undefined);
    const noteHead = () => window.setHead(model.logHead());
    noteHead();
    const leave = model.subscribe(noteHead);
    setSource({ key, source: window });
    return () => {
      leave();
      window.dispose();
    };
  }, [model, key]);

  return source?.key === key ? source.source : null;
}

const never = () => () => {};

/** Draws the caller anew when the source has changed. */
export function useSourceVersion(source: LineSource | null): number {
  return useSyncExternalStore(source?.subscribe ?? never, () => source?.version() ?? 0);
}
