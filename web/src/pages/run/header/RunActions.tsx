// Stop, run again, and copy the address.

import { useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../../design/Button';
import { Confirm } from '../../../design/Dialog';
import { statusOf } from '../../../fold/run';
import { isTerminal } from '../../../fold/words';
import { paths } from '../../../lib/paths';
import { useRunAddress } from '../address';
import { cancelRun, rerun } from '../control';
import { useModel, useRun } from '../model/use-run';
import styles from './RunHeader.module.css';
import { RunMenu } from './RunMenu';

const SAID_FOR_MS = 2_500;

export function RunActions() {
  const { runId } = useModel();
  const navigate = useNavigate();
  const [{ node }] = useRunAddress();
  const isOver = useRun(({ run }) => isTerminal(statusOf(run)));
  const isPast = useRun((view) => view.isPast);
  // Runs that others execute are theirs to start.
  const isOurs = useRun(({ run }) => run.head.engine === 'local');
  const [asks, setAsks] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [said, setSaid] = useState('');

  const work = async (deed: () => Promise<string>) => {
    setBusy(true);
    try {
      setSaid(await deed());
      setTimeout(() => setSaid(''), SAID_FOR_MS);
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  const again = (fromNode?: string) =>
    work(async () => {
      await navigate(paths.run(await rerun(runId, fromNode)));
      return '';
    });
  const stop = () =>
    work(async () => {
      await cancelRun(runId);
      return 'asked to stop';
    });
  const copy = () =>
    work(async () => {
      await navigator.clipboard.writeText(location.href);
      return 'link copied';
    });
  return (
    <div className={styles.actions}>
      <span className={styles.said} role="status">
        {said}
      </span>
      {!isOver && !isPast && (
        <Button look="danger" disabled={isBusy} onClick={() => setAsks(true)}>
          Stop
        </Button>
      )}
      {isOver && isOurs && (
        <Button disabled={isBusy} onClick={() => void again()}>
          Run again
        </Button>
      )}
      {isOver && isOurs && node !== undefined && (
        <Button
          disabled={isBusy}
          onClick={() => void again(node)}
          title={`Run again from ${node}; what came before is reused`}
        >
          From here
        </Button>
      )}
      <Button onClick={() => void copy()}>Copy link</Button>
      <RunMenu />
      <Confirm
        open={asks}
        onClose={() => setAsks(false)}
        onConfirm={() => void stop()}
        title="Stop this run?"
        action="Stop the run"
      >
        <p>What is running is ended, and what has not begun will not begin. This can't be taken back.</p>
      </Confirm>
    </div>
  );
}
