// The node that is chosen: what it is at, which of its attempts is looked at, and the way back to the whole run.

import { Link } from 'react-router';
import { Badge } from '../../../design/Badge';
import { Button } from '../../../design/Button';
import { formatDuration, formatTicking } from '../../../lib/format';
import { useNow } from '../../../lib/now';
import { paths } from '../../../lib/paths';
import { useRunAddress } from '../address';
import { courseWords } from '../graph/words';
import { useNode, useRun } from '../model/use-run';
import { calledRunOf } from './called-run';
import styles from './NodeHead.module.css';

export function NodeHead({ nodeRef }: { readonly nodeRef: string }) {
  const node = useNode(nodeRef);
  const isPast = useRun((view) => view.isPast);
  const attemptsMax = useRun((_, model) => model.spans().get(nodeRef)?.attemptsMax);
  const called = useRun(({ seq }, model) =>
    calledRunOf(model.spans().get(nodeRef)?.attempts ?? [], seq, (at) => model.history().at(at)),
  );
  const [{ attempt }, change] = useRunAddress();
  const isOpen = node?.startedAt !== undefined && node.completedAt === undefined;
  const now = useNow(isOpen && !isPast);
  const start = node?.startedAt ? Date.parse(node.startedAt) : undefined;
  return (
    <header className={styles.head} data-node-head={nodeRef}>
      <Button
        look="bare"
        onClick={() => change({ node: null, attempt: null })}
        aria-label="Back to the whole run"
      >
        ×
      </Button>
      <h2>{nodeRef}</h2>
      {node ? <Badge status={node.status} /> : <span>not known at this moment</span>}
      {node && (
        <span className={styles.soft}>{courseWords(node, attemptsMax).replace(/^\w+( input)?,? ?/, '')}</span>
      )}
      {start !== undefined && node?.completedAt && (
        <span className={`${styles.soft} num`}>{formatDuration(Date.parse(node.completedAt) - start)}</span>
      )}
      {start !== undefined && isOpen && !isPast && (
        <span className={`${styles.soft} num`}>{formatTicking(now - start)}</span>
      )}
      {called !== undefined && <Link to={paths.run(called)}>the run it called</Link>}
      {node && node.attempt > 1 && (
        <select
          aria-label="Attempt"
          value={attempt ?? ''}
          onChange={({ target }) => change({ attempt: target.value })}
        >
          <option value="">All attempts</option>
          {Array.from({ length: node.attempt }, (_, place) => place + 1).map((number) => (
            <option key={number} value={number}>
              Attempt {number}
            </option>
          ))}
        </select>
      )}
      {(node?.error?.message ?? node?.message) && (
        <p className={styles.message} data-bad={node?.error !== undefined || undefined}>
          {node?.error?.message ?? node?.message}
        </p>
      )}
    </header>
  );
}
