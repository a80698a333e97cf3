// A look into one artifact: pictures as pictures, text as text, and nothing that could run.

import { useQuery } from '@tanstack/react-query';
import { ticketed } from '../../api/access';
import { type LibraryArtifact, PREVIEW_BYTES, readPreview } from '../../api/artifacts';
import { Button } from '../../design/Button';
import form from '../../design/form.module.css';
import { Failed, Loading } from '../../design/Notice';
import { formatBytes } from '../../lib/format';
import { apiPaths } from '../../lib/paths';
import styles from './ArtifactsPage.module.css';
import { previewKind } from './preview-kind';

type Props = { artifact: LibraryArtifact; onClose: () => void };

export function Preview({ artifact, onClose }: Props) {
  const { name, bytes, mediaType, sha256 } = artifact;
  const kind = previewKind(artifact);
  return (
    <section className={styles.preview} aria-label={`Preview of ${name}`}>
      <div className={styles.previewHead}>
        <h2>{name}</h2>
        <Button look="bare" onClick={onClose}>
          Close
        </Button>
      </div>
      {kind === 'picture' && <Picture artifact={artifact} />}
      {kind === 'text' && <Text artifact={artifact} />}
      {kind === 'none' && (
        <p className={form.told}>
          {mediaType ? `There is no preview of ${mediaType}.` : 'There is no preview of this.'} Download it to
          look into it.
        </p>
      )}
      <p className={styles.digest}>
        {formatBytes(bytes)}, SHA-256 <code>{sha256}</code>
      </p>
    </section>
  );
}

function Picture({ artifact: { runId, artifactId, name } }: { artifact: LibraryArtifact }) {
  const { data, error } = useQuery({
    queryKey: ['picture', runId, artifactId],
    queryFn: () => ticketed(`${apiPaths.artifact(runId, artifactId)}?preview=true`),
    // A ticket opens it once.
    staleTime: 0,
    gcTime: 0,
    refetchOnMount: 'always',
  });
  if (error) return <Failed error={error} what="picture" />;
  if (!data) return <Loading what="the picture" />;
  return <img className={styles.picture} src={data} alt={name} />;
}

function Text({ artifact: { runId, artifactId, bytes } }: { artifact: LibraryArtifact }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['preview', runId, artifactId],
    queryFn: ({ signal }) => readPreview(apiPaths.artifact(runId, artifactId), signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error) return <Failed error={error} what="preview" onRetry={() => void refetch()} />;
  if (data === undefined) return <Loading what="the preview" />;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre className={styles.text} tabIndex={0}>
        {data}
      </pre>
      {bytes > PREVIEW_BYTES && (
        <p className={form.told}>
          The first {formatBytes(PREVIEW_BYTES)} of {formatBytes(bytes)}.
        </p>
      )}
    </>
  );
}
