// The list of runs for one filter: pages that append, kept current by what the server tells.

import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';
import { api, body } from '../../api/client';
import { type Run, toRun } from '../../api/model';
import { viewList } from '../../live/client';
import { fits, type RunListFilter, toQuery, writeFilter } from './filter';
import { eachOnce, mergeRuns } from './merge';

const PAGE = 50;
/** What was read this recently is not read again because a connection has begun. */
const JUST_READ_MS = 1_500;

type RunPage = { runs: readonly Run[]; nextCursor: string | null };
type Pages = InfiniteData<RunPage, string | null>;

async function readPage(
  filter: RunListFilter,
  size: number,
  cursor: string | null,
  signal: AbortSignal,
): Promise<RunPage> {
  const query = { ...toQuery(filter, Date.now()), limit: size, ...(cursor && { cursor }) };
  const page = body(await api.GET('/api/v1/runs', { params: { query }, signal }));
  return { runs: page.runs.map(toRun), nextCursor: page.nextCursor ?? null };
}

export function useRuns(filter: RunListFilter, size = PAGE) {
  const client = useQueryClient();
  const address = writeFilter(filter).toString();
  const key = useMemo(() => ['runs', address, size], [address, size]);
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => readPage(filter, size, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    staleTime: 0,
    // Another filter: what was shown stays until what is shown next is there, so that nothing jumps.
    placeholderData: (before) => before,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address is the filter
  useEffect(
    () =>
      viewList({
        changed({ runs }) {
          const told = runs.map(toRun);
          client.setQueryData<Pages>(key, (data) => data && withTold(data, told, filter));
        },
        again() {
          const { dataUpdatedAt = 0 } = client.getQueryState(key) ?? {};
          if (dataUpdatedAt === 0 || Date.now() - dataUpdatedAt < JUST_READ_MS) return;
          void client.invalidateQueries({ queryKey: key, exact: true });
        },
      }),
    [client, key, address],
  );
  const runs = useMemo(() => eachOnce(query.data?.pages.flatMap((page) => page.runs) ?? []), [query.data]);
  return { query, runs };
}

/** Everything new goes into the first page; pages say only where the next one begins. */
function withTold(data: Pages, told: readonly Run[], filter: RunListFilter): Pages {
  const known = data.pages.flatMap(({ runs }) => runs);
  const last = data.pages.at(-1);
  const now = Date.now();
  const merged = mergeRuns(known, told, (run) => fits(run, filter, now), !last?.nextCursor);
  if (merged === known) return data;
  const pages = data.pages.map((page, index) => ({ ...page, runs: index === 0 ? merged : [] }));
  return { ...data, pages };
}
