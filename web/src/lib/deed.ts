// Something that is asked of the server by hand: busy until it answers, and what it said where it refused.

import { useCallback, useState } from 'react';

export type Deed = {
  isBusy: boolean;
  /** The refusal in the server's words; empty where there is none. */
  said: string;
  /** Resolves with whether it worked. */
  work: (deed: () => Promise<unknown>) => Promise<boolean>;
};

export function useDeed(): Deed {
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');
  const work = useCallback(async (deed: () => Promise<unknown>) => {
    setSaid('');
    setBusy(true);
    try {
      await deed();
      return true;
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { isBusy, said, work };
}
