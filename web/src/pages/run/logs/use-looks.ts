// How a reader likes lines to look; kept in the browser.

import { useCallback, useState } from 'react';

export interface Looks {
  readonly wraps: boolean;
  readonly times: boolean;
}

const KEY = 'telltale.lines';
const USUAL: Looks = { wraps: false, times: false };

export function useLooks(): [Looks, (change: Partial<Looks>) => void] {
  const [looks, setLooks] = useState(read);
  const change = useCallback((part: Partial<Looks>) => {
    setLooks((before) => {
      const next = { ...before, ...part };
      try {
        localStorage.setItem(KEY, JSON.stringify(next));
      } catch {
        // Storage may be shut off; the choice then holds until the page is left.
      }
      return next;
    });
  }, []);
  return [looks, change];
}

function read(): Looks {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Looks>;
    return { wraps: kept.wraps === true, times: kept.times === true };
  } catch {
    return USUAL;
  }
}
