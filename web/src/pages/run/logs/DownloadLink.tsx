// All lines as a file, colours kept.

import { apiPaths } from '../../../lib/paths';
import { useModel } from '../model/use-run';
import styles from './LogPane.module.css';
import type { LineFilter } from './line';

export function DownloadLink({ filter: { nodeRef, attempt, stream } }: { readonly filter: LineFilter }) {
  const { runId } = useModel();
  const name = [runId, nodeRef, attempt, stream]
    .filter(Boolean)
    .join('-')
    .replace(/[^\w.-]+/g, '_');
  return (
    <a
      className={styles.download}
      href={apiPaths.logDownload(runId, { nodeRef, attempt, stream })}
      download={`${name}.log`}
    >
      Download
    </a>
  );
}
