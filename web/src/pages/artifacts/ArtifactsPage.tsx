// The files that all runs have left: found by name or workflow, looked into, downloaded.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { Link, useSearchParams } from 'react-router';
import { type LibraryArtifact, readLibrary } from '../../api/artifacts';
import { toTime } from '../../api/model';
import { Button } from '../../design/Button';
import { Empty, Failed, Loading } from '../../design/Notice';
import { Table } from '../../design/Table';
import { Ago } from '../../design/Took';
import { formatBytes } from '../../lib/format';
import { apiPaths, paths } from '../../lib/paths';
import { Download } from '../../session/Download';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';
import parts from '../Part.module.css';
import { TextFilter } from '../runs/TextFilter';
import styles from './ArtifactsPage.module.css';
import { Preview } from './Preview';

const PAGE = 50;

const lastPart = (name: string): string => name.split('/').at(-1) ?? name;

export default function ArtifactsPage() {
  useCrumbs([{ label: 'Artifacts' }], 'Artifacts');
  const [params, setParams] = useSearchParams();
  const q = params.get('q');
  const workflow = params.get('workflow');
  const shown = params.get('artifact');
  const change = useCallback(
    (part: Record<string, string | null>) =>
      setParams((before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(part)) {
          if (value) next.set(name, value);
          else next.delete(name);
        }
        return next;
      }),
    [setParams],
  );
  const query = useInfiniteQuery({
    queryKey: ['library', q, workflow],
    queryFn: ({ pageParam, signal }) =>
      readLibrary({ q: q || null, workflow: workflow || null, cursor: pageParam, limit: PAGE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: (before) => before,
  });
  const { data, error, refetch } = query;
  const artifacts = data?.pages.flatMap((page) => page.artifacts) ?? [];
  const chosen = artifacts.find(({ artifactId }) => artifactId === shown);
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>Artifacts</h1>
        <search className={styles.filter}>
          <TextFilter label="Search artifacts" text={q ?? ''} onChange={(text) => change({ q: text })} />
          <TextFilter
            label="Workflow"
            text={workflow ?? ''}
            onChange={(text) => change({ workflow: text })}
          />
        </search>
      </div>
      {error && !data && <Failed error={error} what="artifacts" onRetry={() => void refetch()} />}
      {!error && !data && <Loading what="artifacts" />}
      {data && artifacts.length === 0 && (
        <Nothing isFiltered={Boolean(q || workflow)} onClear={() => setParams({})} />
      )}
      <div className={styles.columns} data-split={chosen ? '' : undefined}>
        {artifacts.length > 0 && (
          <Table
            label="Artifacts"
            columns={columns((artifactId) => change({ artifact: artifactId }))}
            rows={artifacts}
            keyOf={({ artifactId }) => artifactId}
            chosen={shown}
          />
        )}
        {chosen && (
          <Preview key={chosen.artifactId} artifact={chosen} onClose={() => change({ artifact: null })} />
        )}
      </div>
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older artifacts
        </Button>
      )}
    </div>
  );
}

const columns = (onLook: (artifactId: string) => void) => [
  {
    head: 'Artifact',
    cell: ({ name, mediaType, artifactId }: LibraryArtifact) => (
      <span className={parts.two}>
        <button type="button" className={styles.name} data-row-link="" onClick={() => onLook(artifactId)}>
          {name}
        </button>
        <span className={parts.faint}>{mediaType}</span>
      </span>
    ),
  },
  {
    head: 'From',
    cell: ({ runId, workflow, nodeRef, attempt }: LibraryArtifact) => (
      <span className={parts.two}>
        <Link className="mono" to={paths.run(runId, { tab: 'artifacts', node: nodeRef })}>
          {runId}
        </Link>
        <span className={parts.faint}>
          {[workflow, nodeRef && `${nodeRef}${(attempt ?? 1) > 1 ? `#${attempt}` : ''}`]
            .filter(Boolean)
            .join(', ')}
        </span>
      </span>
    ),
  },
  { head: 'Size', kind: 'number' as const, cell: ({ bytes }: LibraryArtifact) => formatBytes(bytes) },
  { head: 'Made', cell: ({ createdAt }: LibraryArtifact) => <Ago at={toTime(createdAt)} /> },
  {
    head: 'What can be done',
    kind: 'deeds' as const,
    cell: ({ runId, artifactId, name }: LibraryArtifact) => (
      <Download
        href={apiPaths.artifact(runId, artifactId)}
        name={lastPart(name)}
        aria-label={`Download ${name}`}
      >
        Download
      </Download>
    ),
  },
];

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return <Empty title="No artifact fits" actions={<Button onClick={onClear}>Show all artifacts</Button>} />;
  }
  return (
    <Empty title="No artifacts yet">
      <p>Whatever a node leaves in its artifacts folder is kept here, with its size and digest.</p>
    </Empty>
  );
}
