// One node on React Flow's canvas: the caller's card at its place.

import type { NodeProps } from '@xyflow/react';
import { memo, use } from 'react';
import { CardContext } from './card-context';

export const GraphNodeFrame = memo(
  function GraphNodeFrame({ id }: NodeProps) {
    const Card = use(CardContext);
    return Card && <Card nodeRef={id} />;
  },
  (before, after) => before.id === after.id,
);
