// A node as the graph shows it: its name, its status as shape, word and colour, how far it is, and what has piled up.

import { type KeyboardEvent, useRef } from 'react';
import { StatusMark } from '../../../design/StatusMark';
import type { FoldedNode } from '../../../fold/types';
import type { CardProps } from '../../../graph/DagGraph';
import { formatCount } from '../../../lib/format';
import { toneOf } from '../../../lib/status';
import { useIsChosen, useSelection } from '../model/selection';
import { useNode, useNodeOutput, useRun } from '../model/use-run';
import styles from './NodeCard.module.css';
import { neighbour } from './neighbour';
import { courseWords } from './words';

export function NodeCard({ nodeRef }: CardProps) {
  const node = useNode(nodeRef);
  const { lines } = useNodeOutput(nodeRef);
  const isPast = useRun((view) => view.isPast);
  const attemptsMax = useRun((_, model) => model.spans().get(nodeRef)?.attemptsMax);
  const isChosen = useIsChosen(nodeRef);
  const selection = useSelection();
  const button = useRef<HTMLButtonElement>(null);
  if (!node) return null;

  const point = () => {
    if (button.current) selection.setPointed({ nodeRef, box: button.current.getBoundingClientRect() });
  };
  const leave = () => {
    if (selection.pointed()?.nodeRef === nodeRef) selection.setPointed(undefined);
  };
  const keys = (event: KeyboardEvent) => {
    const next = neighbour(event.currentTarget, event.key);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  const words = courseWords(node, attemptsMax);
  return (
    <button
      ref={button}
      type="button"
      className={styles.card}
      data-node={nodeRef}
      data-status={node.status}
      data-tone={toneOf(node.status)}
      aria-pressed={isChosen}
      onClick={() => selection.choose(isChosen ? undefined : nodeRef)}
      onPointerEnter={point}
      onPointerLeave={leave}
      onFocus={point}
      onBlur={leave}
      onKeyDown={keys}
    >
      <span className={styles.first}>
        <StatusMark status={node.status} size={15} />
        <span className={styles.name}>{nodeRef}</span>
      </span>
      <span className={styles.second}>
        <span className={styles.words}>{words}</span>
        <Count of={node.counts.errors} mark="✕" word="errors" className={styles.bad} />
        <Count of={node.counts.warnings} mark="!" word="warnings" className={styles.warn} />
        <Count of={isPast ? 0 : lines} mark="≡" word="lines of output" className={styles.count} />
      </span>
      <Bar node={node} />
    </button>
  );
}

function Bar({ node: { progress, status } }: { readonly node: FoldedNode }) {
  if (!progress?.total || status === 'PENDING') return null;
  const share = Math.min(1, progress.completed / progress.total);
  return (
    <span className={styles.bar} aria-hidden="true">
      <span style={{ transform: `scaleX(${share})` }} />
    </span>
  );
}

interface CountProps {
  readonly of: number;
  readonly mark: string;
  readonly word: string;
  readonly className: string | undefined;
}

/** A number with a mark for the eye and a word for the ear. */
function Count({ of, mark, word, className }: CountProps) {
  if (of === 0) return null;
  return (
    <span className={className} title={`${formatCount(of)} ${word}`}>
      <span aria-hidden="true">{mark}</span>
      {compact(of)}
      <span className="unseen"> {word}</span>
    </span>
  );
}

/** `12k`: a card has room for a size, not for a number. */
const compact = (count: number) =>
  count < 10_000 ? formatCount(count) : `${formatCount(Math.floor(count / 1000))}k`;
