// The list's filter, as the address has it.

import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { type RunListFilter, readFilter, writeFilter } from './filter';

/** What in the address is not the filter's stays there. */
const OWN = ['status', 'workflow', 'trigger', 'label', 'since', 'until', 'q'];

export function useRunFilter() {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(text)), [text]);
  const change = useCallback(
    (part: Partial<RunListFilter>) =>
      setParams((before) => {
        const next = writeFilter({ ...readFilter(before), ...part });
        for (const [name, value] of before) if (!OWN.includes(name)) next.append(name, value);
        return next;
      }),
    [setParams],
  );
  return { filter, change };
}
