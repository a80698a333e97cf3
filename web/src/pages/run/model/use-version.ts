// The version of the workflow that a run executes, as its first event tells.

import { useRun } from './use-run';

const VERSION_WITHIN = 3; // RUN_QUEUED comes first, RUN_STARTED may stand before it

export function useVersion(): number | undefined {
  return useRun((_, model) => {
    for (const event of model.history().events.slice(0, VERSION_WITHIN)) {
      const version = (event.data as { version?: unknown } | null | undefined)?.version;
      if (typeof version === 'number') return version;
    }
    return undefined;
  });
}
