// One node on React Flow's canvas: the caller's card at its place, and the two points where its edges end.

import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo, use } from 'react';
import { CardContext } from './card-context';

export const GraphNodeFrame = memo(
  function GraphNodeFrame({ id, targetPosition, sourcePosition }: NodeProps) {
    const Card = use(CardContext);
    return (
      <>
        <Handle type="target" position={targetPosition ?? Position.Left} isConnectable={false} />
        {Card && <Card nodeRef={id} />}
        <Handle type="source" position={sourcePosition ?? Position.Right} isConnectable={false} />
      </>
    );
  },
  (before, after) => before.id === after.id && before.targetPosition === after.targetPosition,
);
