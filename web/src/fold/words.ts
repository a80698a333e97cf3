// The words of runs, nodes and events, as docs/execution-contract.md has them. No logic beyond membership.

export type RunStatus =
  | 'QUEUED'
  | 'RUNNING'
  | 'AWAITING_INPUT'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELLED'
  | 'TERMINATED'
  | 'TIMED_OUT'
  | 'STALE';

export type NodeStatus =
  | 'PENDING'
  | 'RUNNING'
  | 'RETRYING'
  | 'AWAITING_INPUT'
  | 'COMPLETED'
  | 'FAILED'
  | 'SKIPPED'
  | 'CANCELLED';

export type Level = 'debug' | 'info' | 'warn' | 'error';

const TERMINAL_BY_EVENT: Readonly<Record<string, RunStatus>> = {
  RUN_COMPLETED: 'COMPLETED',
  RUN_FAILED: 'FAILED',
  RUN_CANCELLED: 'CANCELLED',
  RUN_TERMINATED: 'TERMINATED',
  RUN_TIMED_OUT: 'TIMED_OUT',
};
const TERMINAL: ReadonlySet<string> = new Set(Object.values(TERMINAL_BY_EVENT));
const OVER: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'SKIPPED', 'CANCELLED']);
const NEVER_LATE: ReadonlySet<string> = new Set([
  'NOTE',
  'NODE_LOG_CLOSED',
  'ARTIFACT_RECORDED',
  'HTTP_REQUEST_SENT',
  'HTTP_RESPONSE_RECEIVED',
  'HTTP_REQUEST_ERROR',
]);

/** The status a run ends with by this event. */
export const terminalStatus = (type: string): RunStatus | undefined => TERMINAL_BY_EVENT[type];

/** Whether the run is over for good. */
export const isTerminal = (status: RunStatus): boolean => TERMINAL.has(status);

/** Whether the node is over in this attempt, which counts as a completed action. */
export const isOver = (status: NodeStatus): boolean => OVER.has(status);

/** Whether the event may come at any time: it changes no status, so it is never late. */
export const isNeverLate = (type: string): boolean => NEVER_LATE.has(type);

/** Whether the event says something about a node's course. */
export const isNodeLifecycle = (type: string): boolean => type.startsWith('NODE_') && !NEVER_LATE.has(type);
