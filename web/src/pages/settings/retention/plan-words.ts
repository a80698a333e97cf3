// A plan in words and numbers. Pure.

import type { Counts, Plan } from '../../../api/retention';
import { formatCount } from '../../../lib/format';

/** What the plan counts: the number that is typed to confirm it. */
export function countOf({ what, runs, lines, artifacts }: Plan): number {
  switch (what) {
    case 'runs':
      return runs;
    case 'results':
      return lines + artifacts;
    case 'logs':
      return lines;
    case 'artifacts':
      return artifacts;
  }
}

const ONE = {
  runs: 'run',
  results: 'line or artifact',
  logs: 'line of output',
  artifacts: 'artifact',
} as const;
const MANY = {
  runs: 'runs',
  results: 'lines and artifacts',
  logs: 'lines of output',
  artifacts: 'artifacts',
} as const;

export function countWords(plan: Plan): string {
  const count = countOf(plan);
  return `${formatCount(count)} ${(count === 1 ? ONE : MANY)[plan.what]}`;
}

export function stateWords(plan: Plan): string {
  const count = countWords(plan);
  if (countOf(plan) === 0 && plan.state === 'planned') return 'Nothing would be deleted';
  switch (plan.state) {
    case 'planned':
      return `${count} would be deleted`;
    case 'applying':
      return `${count} are being deleted`;
    case 'applied':
      return `${count} were deleted`;
    case 'failed':
      return `Deleting ${count} failed`;
    case 'expired':
      return `A plan for ${count} that has expired`;
  }
}

const weight = ({ runs, events, lines, artifacts }: Counts): number => runs + events + lines + artifacts;

/** From 0 to 1. Rows are what takes the time. */
export function shareDone(plan: Plan): number {
  const all = weight(plan);
  return all === 0 ? 0 : Math.min(1, weight(plan.done) / all);
}
