// Node by node: how each fared in either run.

import { Link } from 'react-router';
import type { DiffNode, DiffSide, RunDiff } from '../../api/bundles';
import { Badge } from '../../design/Badge';
import { Table } from '../../design/Table';
import { paths } from '../../lib/paths';
import parts from '../Part.module.css';
import styles from './ComparePage.module.css';
import { deltaWords, duration } from './compare-words';

type Props = { diff: RunDiff; a: string; b: string; isOnlyChanged: boolean };

const differs = (node: DiffNode): boolean => node.changed.length > 0 || !node.a || !node.b;

export function NodeTable({ diff, a, b, isOnlyChanged }: Props) {
  const nodes = isOnlyChanged ? diff.nodes.filter(differs) : diff.nodes;
  const columns = [
    {
      head: 'Node',
      cell: (node: DiffNode) => (
        <span className={parts.two}>
          <span className={styles.node}>{node.nodeRef}</span>
          {differs(node) && <span className={styles.changed}>{changedWords(node)}</span>}
        </span>
      ),
    },
    {
      head: 'First run',
      cell: ({ a: side, nodeRef }: DiffNode) => <Side side={side} runId={a} nodeRef={nodeRef} />,
    },
    {
      head: 'Second run',
      cell: ({ b: side, nodeRef }: DiffNode) => <Side side={side} runId={b} nodeRef={nodeRef} />,
    },
    {
      head: 'Second took',
      cell: ({ a: one, b: other }: DiffNode) =>
        deltaWords(one?.durationMs, other?.durationMs).replace(/^, /, '') || (one && other ? 'as long' : ''),
    },
  ];
  if (nodes.length === 0) return <p className={styles.none}>No node differs.</p>;
  return <Table label="Nodes of both runs" columns={columns} rows={nodes} keyOf={({ nodeRef }) => nodeRef} />;
}

function changedWords({ a, b, changed }: DiffNode): string {
  if (!a) return 'only in the second';
  if (!b) return 'only in the first';
  return `differs in ${changed.join(', ')}`;
}

function Side({
  side,
  runId,
  nodeRef,
}: {
  side: DiffSide | null | undefined;
  runId: string;
  nodeRef: string;
}) {
  if (!side) return <span className={styles.none}>not there</span>;
  const { status, attempts, durationMs } = side;
  return (
    <span className={styles.side}>
      <Link to={paths.run(runId, { node: nodeRef })}>
        <Badge status={status} />
        <span className="unseen">
          : {nodeRef} of {runId}
        </span>
      </Link>
      <span className="num">{duration(durationMs)}</span>
      {attempts > 1 && <span className="num">{attempts} attempts</span>}
    </span>
  );
}
