// The runs and workflows that the typed words lead to.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, body } from '../../api/client';
import { paths } from '../../lib/paths';
import { statusWords } from '../../lib/status';
import type { Command } from './commands';

const EACH = 6;
const TYPED_MS = 150;

export function useFound(typed: string): { found: readonly Command[]; isSearching: boolean } {
  const text = useSettled(typed);
  const { data, isFetching } = useQuery({
    queryKey: ['palette', text],
    enabled: text !== '',
    queryFn: async ({ signal }) => {
      const params = { query: { q: text, limit: EACH } };
      const [runs, workflows] = await Promise.all([
        api.GET('/api/v1/runs', { params, signal }).then(body),
        api.GET('/api/v1/workflows', { params, signal }).then(body),
      ]);
      return [...workflows.workflows.map(toWorkflow), ...runs.runs.map(toRun)];
    },
    placeholderData: (before) => before,
  });
  return { found: typed === '' ? [] : (data ?? []), isSearching: typed !== text || isFetching };
}

function toRun({
  runId,
  workflow,
  status,
}: {
  runId: string;
  workflow?: string | null;
  status: string;
}): Command {
  const note = [statusWords(status), workflow].filter(Boolean).join(', ');
  return { id: `run ${runId}`, group: 'Runs', words: runId, note, does: { to: paths.run(runId) } };
}

function toWorkflow({ name, description }: { name: string; description?: string | null }): Command {
  const does = { to: paths.workflow(name) };
  return { id: `workflow ${name}`, group: 'Workflows', words: name, note: description ?? '', does };
}

function useSettled(typed: string): string {
  const [settled, setSettled] = useState(typed);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return settled;
}
