// All lines as a file, colours kept.

import { fileName } from '../../../lib/file-name';
import { apiPaths } from '../../../lib/paths';
import { Download } from '../../../session/Download';
import { useModel } from '../model/use-run';
import styles from './LogPane.module.css';
import type { LineFilter } from './line';

export function DownloadLink({ filter: { nodeRef, attempt, stream } }: { readonly filter: LineFilter }) {
  const { runId } = useModel();
  const name = fileName(runId, nodeRef, attempt, stream);
  return (
    <Download
      className={styles.download}
      href={apiPaths.logDownload(runId, { nodeRef, attempt, stream })}
      name={`${name}.log`}
    >
      Download
    </Download>
  );
}
