// Policies as a form holds them, and what is wrong with those that were typed. Pure.

import type { Policy } from '../../../api/retention';

/** Numbers are text until they are saved; empty is “for good”. */
export type PolicyRow = {
  key: string;
  policyId: string | null;
  workflow: string;
  keepDays: string;
  keepLatest: string;
  keepFailedDays: string;
  keepResultsDays: string;
};

export const NEW_ROW: PolicyRow = {
  key: '',
  policyId: null,
  workflow: '',
  keepDays: '',
  keepLatest: '',
  keepFailedDays: '',
  keepResultsDays: '',
};

const text = (value: number | null | undefined): string => (value ? String(value) : '');

export function toRows(policies: readonly Policy[]): PolicyRow[] {
  return policies.map((policy, place) => ({
    key: policy.policyId ?? String(place),
    policyId: policy.policyId ?? null,
    workflow: policy.workflow ?? '',
    keepDays: text(policy.keepDays),
    keepLatest: text(policy.keepLatest),
    keepFailedDays: text(policy.keepFailedDays),
    keepResultsDays: text(policy.keepResultsDays),
  }));
}

export function toPolicies(rows: readonly PolicyRow[]): Policy[] {
  return rows.map(({ policyId, workflow, keepDays, keepLatest, keepFailedDays, keepResultsDays }) => ({
    ...(policyId && { policyId }),
    workflow: workflow.trim() || null,
    ...(keepDays && { keepDays: Number(keepDays) }),
    ...(keepLatest && { keepLatest: Number(keepLatest) }),
    ...(keepFailedDays && { keepFailedDays: Number(keepFailedDays) }),
    ...(keepResultsDays && { keepResultsDays: Number(keepResultsDays) }),
  }));
}

/** What keeps the rows from being saved; null where nothing does. */
export function faultOf(rows: readonly PolicyRow[]): string | null {
  const names = rows.map(({ workflow }) => workflow.trim());
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) return `There are two policies for ${twice || 'all workflows'}.`;
  for (const { workflow, keepDays, keepLatest, keepFailedDays, keepResultsDays } of rows) {
    const name = workflow.trim() || 'all workflows';
    const numbers = [keepDays, keepLatest, keepFailedDays, keepResultsDays].filter((typed) => typed !== '');
    if (!keepDays && !keepLatest && !keepResultsDays) return `The policy for ${name} says nothing yet.`;
    if (numbers.some((typed) => !/^[1-9]\d{0,8}$/.test(typed)))
      return `The policy for ${name} must have whole numbers above zero.`;
  }
  return null;
}
