// Why the run failed, in one look: the reason, the node it came from, and the last that node said.

import { useQuery } from '@tanstack/react-query';
import { Button } from '../../../design/Button';
import { StatusMark } from '../../../design/StatusMark';
import { statusOf } from '../../../fold/run';
import { isTerminal } from '../../../fold/words';
import { useRunAddress } from '../address';
import { lastLinesOf } from '../data/ErrorDetails';
import { folded, plain } from '../logs/line-text';
import { useModel, useRun } from '../model/use-run';
import styles from './Failure.module.css';

/** The last words of a node; more is a click away. */
const LINES = 8;

export function Failure() {
  const failure = useRun(({ run }) => run.head.failure);
  const status = useRun(({ run }) => statusOf(run));
  const [, change] = useRunAddress();
  const nodeRef = failure?.nodeRef;
  const lines = useLastLines(nodeRef);
  if (!failure || !isTerminal(status) || status === 'COMPLETED') return null;
  return (
    <section
      className={styles.failure}
      data-tone={status === 'CANCELLED' ? 'quiet' : 'bad'}
      aria-label="Why it failed"
    >
      <StatusMark status={status} />
      <div className={styles.words}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long reason is scrolled, by the keyboard too */}
        <p className={styles.reason} tabIndex={0}>
          <strong>{failure.reason}</strong>
          {failure.code && <code>{failure.code}</code>}
        </p>
        {nodeRef !== undefined && (
          <p className={styles.from}>
            <span>
              in the node <b>{nodeRef}</b>
            </span>
            <Button
              look="bare"
              onClick={() =>
                change({ node: nodeRef, tab: 'logs', view: 'lines', stream: null, level: null, line: null })
              }
            >
              Its output
            </Button>
            <Button look="bare" onClick={() => change({ node: nodeRef, tab: 'data' })}>
              Its error
            </Button>
          </p>
        )}
        {lines.length > 0 && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled, by the keyboard too
          <pre className={styles.lines} tabIndex={0}>
            {lines.slice(-LINES).join('\n')}
          </pre>
        )}
      </div>
    </section>
  );
}

/** The end of the node's output: as its error carries it, else as its stream does. */
function useLastLines(nodeRef: string | undefined): string[] {
  const model = useModel();
  const error = useRun(({ run }) => (nodeRef === undefined ? undefined : run.nodes.get(nodeRef)?.error));
  const attempt = useRun(({ run }) => (nodeRef === undefined ? undefined : run.nodes.get(nodeRef)?.attempt));
  const carried = lastLinesOf(error);
  const { data } = useQuery({
    queryKey: ['last-lines', model.runId, nodeRef, attempt],
    queryFn: async ({ signal }) => {
      const wanted = { nodeRef, attempt: attempt || undefined, tail: LINES };
      const said = await model.fetchLines({ ...wanted, stream: 'stderr' }, signal);
      return said.lines.length > 0 ? said : model.fetchLines(wanted, signal);
    },
    enabled: nodeRef !== undefined && carried.length === 0,
  });
  return carried.length > 0 ? carried : (data?.lines.map(({ text }) => plain(folded(text))) ?? []);
}
