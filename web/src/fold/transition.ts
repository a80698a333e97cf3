// The tables of docs/execution-contract.md: which status follows from a status and an event. Pure and total; the mirror
// of src/facts/transition.rs, checked with it by vectors.json.

import { isOver, isTerminal, type NodeStatus, type RunStatus, terminalStatus } from './words';

/** The status after a run's event, or undefined where it is late. `status` is the one without staleness. */
export function runTransition(
  status: RunStatus | undefined,
  type: string,
  startSeen: boolean,
): RunStatus | undefined {
  if (status === undefined) {
    if (type === 'RUN_QUEUED' || type === 'RUN_STALE') return 'QUEUED';
    return type === 'RUN_STARTED' ? 'RUNNING' : terminalStatus(type);
  }
  if (isTerminal(status)) return undefined;
  if (type === 'RUN_QUEUED') return status === 'QUEUED' ? status : undefined;
  if (type === 'RUN_STARTED') {
    if (status === 'QUEUED') return 'RUNNING';
    return startSeen ? undefined : status;
  }
  return type === 'RUN_STALE' ? status : terminalStatus(type);
}

/** The status after a node's event within one attempt, or undefined where it is late. */
export function nodeTransition(status: NodeStatus, type: string): NodeStatus | undefined {
  if (isOver(status)) return undefined;
  switch (type) {
    case 'NODE_STARTED':
      return 'RUNNING';
    case 'NODE_PROGRESS':
      if (status === 'RETRYING') return undefined;
      return status === 'AWAITING_INPUT' ? status : 'RUNNING';
    case 'NODE_INPUT_RECEIVED':
      return status === 'RETRYING' ? undefined : 'RUNNING';
    case 'NODE_COMPLETED':
      return 'COMPLETED';
    case 'NODE_FAILED':
      return 'FAILED';
    case 'NODE_RETRYING':
      return 'RETRYING';
    case 'NODE_SKIPPED':
      return 'SKIPPED';
    case 'NODE_CANCELLED':
      return 'CANCELLED';
    case 'NODE_AWAITING_INPUT':
      return 'AWAITING_INPUT';
    default:
      return undefined;
  }
}
