// The output node by node, each to be folded away; what is open has its lines in a window of its own.

import { useState } from 'react';
import { Badge } from '../../../design/Badge';
import { formatCount } from '../../../lib/format';
import { useNode, useNodeOutput, useRun } from '../model/use-run';
import { LineList, ROW_HEIGHT } from './LineList';
import type { LineLook } from './LineRow';
import type { LineFilter } from './line';
import styles from './NodeSections.module.css';
import { useLineSource } from './use-source';

interface Props {
  readonly look: LineLook;
  readonly wraps: boolean;
  readonly filter: LineFilter;
  readonly end: number | undefined;
}

/** A section shows as many lines as it has, up to this. */
const ROWS_MAX = 18;

export function NodeSections({ look, wraps, filter, end }: Props) {
  const nodeRefs = useRun(({ nodeRefs: names }) => names);
  const failed = useRun(({ run }) => run.head.failure?.nodeRef);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const isOpen = (nodeRef: string) => open.has(nodeRef) || (nodeRef === failed && !closed.has(nodeRef));
  const toggle = (nodeRef: string) => {
    const wasOpen = isOpen(nodeRef);
    setOpen((before) => withOrWithout(before, nodeRef, !wasOpen));
    setClosed((before) => withOrWithout(before, nodeRef, wasOpen));
  };
  return (
    <div className={styles.sections}>
      {nodeRefs.map((nodeRef) => (
        <Section
          key={nodeRef}
          nodeRef={nodeRef}
          isOpen={isOpen(nodeRef)}
          onToggle={() => toggle(nodeRef)}
          look={{ ...look, showsNode: false }}
          wraps={wraps}
          filter={filter}
          end={end}
        />
      ))}
    </div>
  );
}

const lineWords = (lines: number) => `${formatCount(lines)} ${lines === 1 ? 'line' : 'lines'}`;

function withOrWithout(names: ReadonlySet<string>, name: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(names);
  if (isIn) next.add(name);
  else next.delete(name);
  return next;
}

interface SectionProps extends Props {
  readonly nodeRef: string;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Section({ nodeRef, isOpen, onToggle, ...rest }: SectionProps) {
  const node = useNode(nodeRef);
  const { lines } = useNodeOutput(nodeRef);
  const isPast = useRun((view) => view.isPast);
  if (!node) return null;
  return (
    <section className={styles.section}>
      <h2>
        <button type="button" aria-expanded={isOpen} onClick={onToggle} className={styles.head}>
          <span className={styles.arrow} aria-hidden="true">
            {isOpen ? '▾' : '▸'}
          </span>
          <span className={styles.name}>{nodeRef}</span>
          <Badge status={node.status} />
          <span className={`${styles.count} num`}>{isPast ? '' : lineWords(lines)}</span>
        </button>
      </h2>
      {isOpen && <SectionLines nodeRef={nodeRef} lines={lines} {...rest} />}
    </section>
  );
}

function SectionLines({
  nodeRef,
  lines,
  look,
  wraps,
  filter,
  end,
}: Props & { readonly nodeRef: string; readonly lines: number }) {
  const [follow, setFollow] = useState(true);
  const source = useLineSource({ ...filter, nodeRef }, end);
  const height = ROW_HEIGHT * Math.min(ROWS_MAX, Math.max(2, lines + 1));
  return (
    <div style={{ height }}>
      <LineList
        source={source}
        look={look}
        wraps={wraps}
        label={`Output of ${nodeRef}`}
        follow={follow}
        onFollow={setFollow}
        picked={undefined}
        begin={undefined}
        empty="No output."
      />
    </div>
  );
}
