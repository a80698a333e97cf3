// The cache of what was read, and when reading again is worth it.

import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './problem';

/** A refusal stays a refusal; a server that is away is asked again. */
const TRIES = 2;

/** Told of reads that were refused because nobody is signed in any more. */
const refusals = new Set<() => void>();

export function onSignedOut(listener: () => void): () => void {
  refusals.add(listener);
  return () => refusals.delete(listener);
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError(error) {
      if (error instanceof ApiError && error.status === 401) for (const listener of refusals) listener();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => !(error instanceof ApiError && error.isFinal) && failures < TRIES,
      refetchOnWindowFocus: false,
    },
  },
});
