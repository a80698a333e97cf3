// What the list is narrowed to, as the address holds it, as the API is asked for it, and as one run is held against it.

import type { Run } from '../../api/model';
import type { RunStatus } from '../../api/wire';
import { RUN_STATUSES } from '../../lib/status';

export type RunListFilter = {
  statuses: readonly RunStatus[];
  workflow: string | null;
  triggers: readonly string[];
  /** `key:value` each; all must be there. */
  labels: readonly string[];
  /** A span back from now (`24h`, `7d`) or a day (`2026-11-22`). */
  since: string | null;
  /** A day, the whole of it included. */
  until: string | null;
  text: string;
};

export const SPANS: ReadonlyArray<{ value: string; label: string }> = [
  { value: '1h', label: 'the last hour' },
  { value: '24h', label: 'the last 24 hours' },
  { value: '7d', label: 'the last 7 days' },
  { value: '30d', label: 'the last 30 days' },
];

const HOUR_MS = 3_600_000;
const UNIT_MS: Record<string, number> = { h: HOUR_MS, d: 24 * HOUR_MS };
/** A moving start is rounded down to this, so that the same list is not read anew with each drawing. */
const GRAIN_MS = 60_000;

const words = (params: URLSearchParams, name: string): string[] =>
  params
    .getAll(name)
    .flatMap((text) => text.split(','))
    .map((word) => word.trim())
    .filter((word) => word !== '');

const isStatus = (word: string): word is RunStatus => (RUN_STATUSES as readonly string[]).includes(word);
const isSpan = (text: string): boolean => /^\d{1,4}[hd]$/.test(text);
const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));

/** What is no filter is left out: an address that was typed by hand shows more rather than nothing. */
export function readFilter(params: URLSearchParams): RunListFilter {
  const since = params.get('since') ?? '';
  const until = params.get('until') ?? '';
  return {
    statuses: [...new Set(words(params, 'status').map((word) => word.toUpperCase()))].filter(isStatus),
    workflow: params.get('workflow') || null,
    triggers: [...new Set(words(params, 'trigger'))],
    labels: [...new Set(params.getAll('label'))].filter((label) => /^[^:=]+[:=]/.test(label)),
    since: isSpan(since) || isDay(since) ? since : null,
    until: isDay(until) ? until : null,
    text: params.get('q') ?? '',
  };
}

export function writeFilter(filter: RunListFilter): URLSearchParams {
  const params = new URLSearchParams();
  if (filter.statuses.length > 0) params.set('status', filter.statuses.join(','));
  if (filter.workflow) params.set('workflow', filter.workflow);
  if (filter.triggers.length > 0) params.set('trigger', filter.triggers.join(','));
  for (const label of filter.labels) params.append('label', label);
  if (filter.since) params.set('since', filter.since);
  if (filter.until) params.set('until', filter.until);
  if (filter.text) params.set('q', filter.text);
  return params;
}

export const NO_FILTER: RunListFilter = readFilter(new URLSearchParams());

export const isFiltering = (filter: RunListFilter): boolean => writeFilter(filter).size > 0;

/** Midnight of the day where the reader is. */
const startOf = (day: string): Date => new Date(`${day}T00:00:00`);

function sinceTime(since: string, now: number): number {
  if (!isSpan(since)) return startOf(since).getTime();
  const span = Number(since.slice(0, -1)) * (UNIT_MS[since.slice(-1)] ?? 0);
  return Math.floor((now - span) / GRAIN_MS) * GRAIN_MS;
}

function untilTime(until: string): number {
  const end = startOf(until);
  end.setDate(end.getDate() + 1);
  return end.getTime();
}

/** The parameters of GET /api/v1/runs. */
export function toQuery(filter: RunListFilter, now: number) {
  return {
    ...(filter.statuses.length > 0 && { status: [...filter.statuses] }),
    ...(filter.workflow && { workflow: filter.workflow }),
    ...(filter.triggers.length > 0 && { trigger: [...filter.triggers] }),
    ...(filter.labels.length > 0 && { label: [...filter.labels] }),
    ...(filter.since && { since: new Date(sinceTime(filter.since, now)).toISOString() }),
    ...(filter.until && { until: new Date(untilTime(filter.until)).toISOString() }),
    ...(filter.text && { q: filter.text }),
  };
}

/** Whether a run belongs into the list: the server's own rules, for runs that it tells of live. */
export function fits(run: Run, filter: RunListFilter, now: number): boolean {
  const { statuses, workflow, triggers, labels, since, until, text } = filter;
  if (statuses.length > 0 && !statuses.includes(run.status)) return false;
  if (workflow && run.workflow !== workflow) return false;
  if (triggers.length > 0 && !triggers.includes(run.trigger?.type ?? '')) return false;
  if (since && run.registeredAt < sinceTime(since, now)) return false;
  if (until && run.registeredAt >= untilTime(until)) return false;
  return labels.every((label) => hasLabel(run, label)) && hasText(run, text.toLowerCase());
}

function hasLabel({ labels }: Run, label: string): boolean {
  const at = label.search(/[:=]/);
  return labels[label.slice(0, at)] === label.slice(at + 1);
}

function hasText({ runId, workflow, failure }: Run, text: string): boolean {
  if (text === '') return true;
  const { reason = '', code = '', nodeRef = '' } = failure ?? {};
  return [runId, workflow, reason, code, nodeRef].some((place) => place?.toLowerCase().includes(text));
}
