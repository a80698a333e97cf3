// The files that nodes have left, to download.

import { useInfiniteQuery } from '@tanstack/react-query';
import { api, body } from '../../../api/client';
import { Button } from '../../../design/Button';
import { Failed, Loading } from '../../../design/Notice';
import { formatBytes, formatMoment } from '../../../lib/format';
import { apiPaths } from '../../../lib/paths';
import { Download } from '../../../session/Download';
import { useRunAddress } from '../address';
import { useModel, useRun, useSlowRun } from '../model/use-run';
import styles from './ArtifactsPane.module.css';

const PAGE = 100;
const EVERY_MS = 500;

export default function ArtifactsPane() {
  const { runId } = useModel();
  const [{ node }] = useRunAddress();
  const count = useSlowRun(
    ({ run }) => [...run.nodes.values()].reduce((sum, { counts }) => sum + counts.artifacts, 0),
    EVERY_MS,
  );
  const moment = useRun((view, model) =>
    view.isPast ? model.history().at(view.seq)?.recordedAt : undefined,
  );
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['artifacts', runId, node ?? null, count],
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(node !== undefined && { nodeRef: node }),
        ...(pageParam && { cursor: pageParam }),
      };
      return body(
        await api.GET('/api/v1/runs/{runId}/artifacts', { params: { path: { runId }, query }, signal }),
      );
    },
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor ?? null,
    placeholderData: (before) => before,
  });
  if (error) return <Failed error={error} what="artifacts" onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the artifacts" />;
  const artifacts = data.pages
    .flatMap((page) => page.artifacts)
    .filter(({ createdAt }) => moment === undefined || createdAt <= moment);
  return (
    <section className={styles.pane} aria-label="Artifacts">
      {artifacts.length === 0 && (
        <p className={styles.none}>
          {node ? `${node} has` : 'No node has'} left {node ? 'no' : 'a'} file
          {moment ? ' by this moment' : ' so far'}.
        </p>
      )}
      <ul>
        {artifacts.map(({ artifactId, name, nodeRef, attempt, bytes, mediaType, createdAt, sha256 }) => (
          <li key={artifactId} className={styles.artifact}>
            <Download href={apiPaths.artifact(runId, artifactId)} name={name.split('/').at(-1) ?? name}>
              {name}
            </Download>
            <span>
              {[
                nodeRef && `${nodeRef}${(attempt ?? 1) > 1 ? `#${attempt}` : ''}`,
                formatBytes(bytes),
                mediaType,
                formatMoment(Date.parse(createdAt)),
              ]
                .filter(Boolean)
                .join(' · ')}
            </span>
            <code title={`SHA-256 ${sha256}`}>{sha256.slice(0, 12)}</code>
          </li>
        ))}
      </ul>
      {hasNextPage && <Button onClick={() => void fetchNextPage()}>More</Button>}
    </section>
  );
}
