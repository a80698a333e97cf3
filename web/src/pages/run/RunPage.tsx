// One run: live while it works, and its history afterwards.

import { useParams } from 'react-router';
import { paths } from '../../lib/paths';
import { useFeedSnapshot, useRunFeed } from '../../live/run-feed';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';

export default function RunPage() {
  const { runId = '' } = useParams();
  const feed = useRunFeed(runId);
  const known = useFeedSnapshot(feed);
  useCrumbs(
    [
      { label: 'Runs', to: paths.runs() },
      { label: runId, mono: true },
    ],
    runId,
  );
  return (
    <div className={layout.page}>
      <h1>{runId}</h1>
      <p>
        {known?.phase} {known?.count} of {known?.headSeq}
      </p>
    </div>
  );
}
