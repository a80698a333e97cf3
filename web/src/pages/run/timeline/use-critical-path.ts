// The critical path as of the moment that is looked at; the same set as long as it is the same path.

import { useRef } from 'react';
import { useModel, useSlowRun } from '../model/use-run';
import { criticalPath } from './critical-path';

const EVERY_MS = 400;

export function useCriticalPath(): ReadonlySet<string> {
  const model = useModel();
  const kept = useRef<ReadonlySet<string>>(new Set());
  const words = useSlowRun((view) => {
    const path = criticalPath(view.shape, model.spans(), view.seq);
    return JSON.stringify([...path]);
  }, EVERY_MS);
  if (JSON.stringify([...kept.current]) !== words) kept.current = new Set(JSON.parse(words) as string[]);
  return kept.current;
}
