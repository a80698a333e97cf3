// What a node asks, as its NODE_AWAITING_INPUT tells.

import { useRef } from 'react';
import type { Schema } from '../../../forms/schema';
import { useRun } from '../model/use-run';

export interface Question {
  readonly seq: number;
  readonly message: string;
  readonly form: Schema | null;
}

export function useQuestion(nodeRef: string): Question | undefined {
  const kept = useRef<Question | undefined>(undefined);
  return useRun((_, model) => {
    const { events } = model.history();
    const event = events.findLast((one) => one.type === 'NODE_AWAITING_INPUT' && one.nodeRef === nodeRef);
    if (!event) return undefined;
    if (kept.current?.seq === event.seq) return kept.current;
    const { message, form } = (event.data ?? {}) as { message?: unknown; form?: unknown };
    kept.current = {
      seq: event.seq,
      message: typeof message === 'string' ? message : (event.message ?? 'May it go on?'),
      form: typeof form === 'object' ? (form as Schema | null) : null,
    };
    return kept.current;
  });
}
