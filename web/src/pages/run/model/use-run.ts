// How components read the model: by a selection, so that each is drawn anew only when what it shows has changed.

import { createContext, use, useCallback, useRef, useSyncExternalStore } from 'react';
import type { FoldedNode } from '../../../fold/types';
import type { NodeOutput } from './output';
import type { RunModel, RunView } from './run-model';

export const RunModelContext = createContext<RunModel | null>(null);

export function useModel(): RunModel {
  const model = use(RunModelContext);
  if (!model) throw new Error('there is no run around this component');
  return model;
}

/** What `select` gives of the view. It must give the same (by ===) where nothing changed. */
export function useRun<T>(select: (view: RunView, model: RunModel) => T): T {
  const model = useModel();
  return useSyncExternalStore(model.subscribe, () => select(model.view(), model));
}

export const useNode = (nodeRef: string): FoldedNode | undefined =>
  useRun((view) => view.run.nodes.get(nodeRef));

export const useNodeOutput = (nodeRef: string): NodeOutput => useRun((_, model) => model.output.of(nodeRef));

/**
 * The view, but not more often than `everyMs`: for what is costly to draw and fine a little later. The last change always
 * arrives.
 */
export function useSlowRun<T>(select: (view: RunView, model: RunModel) => T, everyMs: number): T {
  const model = useModel();
  const kept = useRef<{ model: RunModel; version: number; select: unknown; value: T } | null>(null);
  const subscribe = useCallback(
    (changed: () => void) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      let last = 0;
      const tell = () => {
        timer = undefined;
        last = performance.now();
        changed();
      };
      const end = model.subscribe(() => {
        if (timer === undefined) timer = setTimeout(tell, Math.max(0, everyMs - (performance.now() - last)));
      });
      return () => {
        clearTimeout(timer);
        end();
      };
    },
    [model, everyMs],
  );
  const read = () => {
    const version = model.version();
    const before = kept.current;
    if (before && before.model === model && before.version === version && before.select === select)
      return before.value;
    const value = select(model.view(), model);
    kept.current = {
      model,
      version,
      select,
      value: before && Object.is(before.value, value) ? before.value : value,
    };
    return kept.current.value;
  };
  return useSyncExternalStore(subscribe, read);
}
