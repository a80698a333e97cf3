// Moves the view of a graph: to its beginning after a new layout, and to the node that is in focus.

import { useReactFlow } from '@xyflow/react';
import { memo, type RefObject, useEffect } from 'react';
import { firstSight } from './first-sight';
import { NODE_HEIGHT, NODE_WIDTH, type Placed } from './layout';

interface Props {
  readonly box: RefObject<HTMLElement | null>;
  readonly layout: readonly Placed[];
  readonly focus: string | undefined;
}

/** Near enough to read a card that was gone to. */
const FOCUS_ZOOM = 0.6;

export const Sight = memo(function Sight({ box, layout, focus }: Props) {
  const flow = useReactFlow();

  useEffect(() => {
    const { width = 0, height = 0 } = box.current?.getBoundingClientRect() ?? {};
    if (layout.length > 0) void flow.setViewport(firstSight(layout, { width, height }));
  }, [flow, box, layout]);

  useEffect(() => {
    const node = focus === undefined ? undefined : layout.find(({ nodeRef }) => nodeRef === focus);
    const frame = box.current?.getBoundingClientRect();
    if (!node || !frame) return;
    const zoom = flow.getZoom();
    const { x, y } = flow.flowToScreenPosition({ x: node.x, y: node.y });
    const isSeen =
      x >= frame.left &&
      y >= frame.top &&
      x + NODE_WIDTH * zoom <= frame.right &&
      y + NODE_HEIGHT * zoom <= frame.bottom;
    if (isSeen) return;
    const middle = { x: node.x + NODE_WIDTH / 2, y: node.y + NODE_HEIGHT / 2 };
    void flow.setCenter(middle.x, middle.y, { zoom: Math.max(zoom, FOCUS_ZOOM) });
  }, [flow, box, focus, layout]);

  return null;
});
