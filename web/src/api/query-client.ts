// The cache of what was read, and when reading again is worth it.

import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './problem';

/** A refusal stays a refusal; a server that is away is asked again. */
const TRIES = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => !(error instanceof ApiError && error.isFinal) && failures < TRIES,
      refetchOnWindowFocus: false,
    },
  },
});
