// All workflows that the server has stored, by their last change.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { api, body } from '../../api/client';
import { Button } from '../../design/Button';
import { Empty, Failed, Loading } from '../../design/Notice';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';
import { NO_FILTER } from '../runs/filter';
import { TextFilter } from '../runs/TextFilter';
import { useRuns } from '../runs/use-runs';
import { byWorkflow } from '../runs/WorkflowStrips';
import { WorkflowRow } from './WorkflowRow';
import styles from './WorkflowsPage.module.css';

const PAGE = 50;
/** Enough for a few runs of each workflow; it is one read. */
const RECENT = 200;

export default function WorkflowsPage() {
  useCrumbs([{ label: 'Workflows' }], 'Workflows');
  const [params, setParams] = useSearchParams();
  const text = params.get('q') ?? '';
  const { runs } = useRuns(NO_FILTER, RECENT);
  const recent = new Map(byWorkflow(runs));
  const query = useInfiniteQuery({
    queryKey: ['workflows', text],
    queryFn: async ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(text && { q: text }), ...(pageParam && { cursor: pageParam }) };
      return body(await api.GET('/api/v1/workflows', { params: { query }, signal }));
    },
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? null,
    placeholderData: (before) => before,
  });
  const { data, error, refetch } = query;
  const workflows = data?.pages.flatMap((page) => page.workflows) ?? [];
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Workflows</h1>
        <TextFilter label="Search workflows" text={text} onChange={(q) => setParams(q ? { q } : {})} />
      </div>
      {error && !data && <Failed error={error} what="workflows" onRetry={() => void refetch()} />}
      {!error && !data && <Loading what="workflows" />}
      {data && workflows.length === 0 && <Nothing text={text} onClear={() => setParams({})} />}
      {workflows.length > 0 && (
        <ol className={styles.list} aria-label="Workflows, the last changed first">
          {workflows.map((workflow) => (
            <WorkflowRow key={workflow.name} workflow={workflow} runs={recent.get(workflow.name) ?? []} />
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          More workflows
        </Button>
      )}
    </div>
  );
}

function Nothing({ text, onClear }: { text: string; onClear: () => void }) {
  if (text) {
    return (
      <Empty
        title={`No workflow has “${text}” in its name`}
        actions={<Button onClick={onClear}>Show all workflows</Button>}
      />
    );
  }
  return (
    <Empty title="No workflows yet">
      <p>A workflow is a YAML file that is stored under its name. From the terminal:</p>
      <pre>telltale workflow put samples/recon.yaml</pre>
      <p>
        Runs of other engines need no stored workflow: they are in the list of runs under the name that they
        were sent with.
      </p>
    </Empty>
  );
}
