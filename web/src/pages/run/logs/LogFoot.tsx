// How complete the output is, by the word of the server: every stream that is meant has said its last line.

import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useMemo } from 'react';
import { Button } from '../../../design/Button';
import { isTerminal } from '../../../fold/words';
import { formatBytes, formatCount } from '../../../lib/format';
import type { ClosedStream } from '../model/output';
import { useModel, useRun, useSlowRun } from '../model/use-run';
import styles from './LogPane.module.css';
import type { LineFilter } from './line';

interface Props {
  readonly filter: LineFilter;
  readonly isPast: boolean;
  readonly follow: boolean;
  readonly canFollow: boolean;
  readonly picked: { readonly first: number; readonly last: number } | undefined;
  readonly onFollow: () => void;
  readonly onGoTo: (logSeq: number) => void;
}

const EVERY_MS = 250;

export function LogFoot({ filter, isPast, follow, canFollow, picked, onFollow, onGoTo }: Props) {
  const model = useModel();
  const { nodeRef, attempt, stream } = filter;
  const closings = useRun((_, { output }) => output.closed.size);
  const status = useRun(({ run }) => run.head.status);
  const isOver = status !== undefined && isTerminal(status);
  const head = useSlowRun((_, { logHead }) => logHead(), EVERY_MS);
  const { data } = useQuery({
    queryKey: [
      'log-complete',
      model.runId,
      nodeRef ?? null,
      attempt ?? null,
      stream ?? null,
      closings,
      status,
    ],
    queryFn: ({ signal }) => model.fetchLines({ nodeRef, attempt, stream, tail: 1 }, signal),
    placeholderData: (before) => before,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the closings are the output's, which changes in place
  const closed = useMemo(() => sumOf(model.output.closed.values(), filter), [model, filter, closings]);
  const words = isPast
    ? 'as it was at this moment'
    : data && completeWords({ isComplete: data.complete, isOver, nodeRef, head, ...closed });
  return (
    <footer className={styles.foot}>
      <span
        className={styles.complete}
        data-complete={isPast ? undefined : (data?.complete ?? false)}
        role="status"
      >
        {words}
      </span>
      <span className={styles.gap} />
      {canFollow && <GoTo picked={picked} head={head} onGoTo={onGoTo} />}
      {canFollow && !isPast && (
        <Button
          look={follow ? 'bare' : 'plain'}
          aria-pressed={follow}
          onClick={onFollow}
          className={styles.follow ?? ''}
        >
          {follow ? 'At the end, following' : 'Go to the end ↓'}
        </Button>
      )}
    </footer>
  );
}

interface GoToProps {
  readonly picked: Props['picked'];
  readonly head: number;
  readonly onGoTo: (logSeq: number) => void;
}

/** The line in the address, to be changed by hand. */
function GoTo({ picked, head, onGoTo }: GoToProps) {
  const shown = picked ? String(picked.first) : '';
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const line = Number(new FormData(event.currentTarget).get('line'));
    if (line >= 1) onGoTo(Math.min(line, head));
  };
  return (
    <form key={shown} className={styles.goTo} onSubmit={submit}>
      <label>
        Line{' '}
        <input
          name="line"
          type="number"
          min={1}
          max={Math.max(1, head)}
          defaultValue={shown}
          placeholder="1 …"
        />
      </label>
    </form>
  );
}

interface Completeness {
  readonly isComplete: boolean;
  readonly isOver: boolean;
  readonly nodeRef: string | undefined;
  readonly head: number;
  readonly lines: number;
  readonly bytes: number;
}

function completeWords({ isComplete, isOver, nodeRef, head, lines, bytes }: Completeness): string {
  if (!isComplete) return `still arriving${nodeRef ? '' : `: ${formatCount(head)} lines so far`}`;
  // Nodes that have not begun may have more to say.
  const soFar = isOver || nodeRef !== undefined ? '' : ' so far';
  const size = bytes > 0 ? `, ${formatBytes(bytes)}` : '';
  return `complete${soFar}: ${formatCount(lines)} ${lines === 1 ? 'line' : 'lines'}${size}`;
}

function sumOf(
  streams: Iterable<ClosedStream>,
  { nodeRef, attempt, stream }: LineFilter,
): { lines: number; bytes: number } {
  const sum = { lines: 0, bytes: 0 };
  for (const one of streams) {
    if (nodeRef !== undefined && one.nodeRef !== nodeRef) continue;
    if (attempt !== undefined && one.attempt !== attempt) continue;
    if (stream !== undefined && one.stream !== stream) continue;
    sum.lines += one.lines;
    sum.bytes += one.bytes;
  }
  return sum;
}
