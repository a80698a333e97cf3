// Each filter that is on, in words, and how the filter would be without it.

import { statusWords } from '../../lib/status';
import { NO_FILTER, type RunListFilter, SPANS } from './filter';

export type Part = { key: string; words: string; without: Partial<RunListFilter> };

export function partsOf(filter: RunListFilter): Part[] {
  const { statuses, workflow, triggers, labels, since, until, text } = filter;
  const parts: Part[] = [];
  const add = (key: string, words: string, without: Partial<RunListFilter>) =>
    parts.push({ key, words, without });
  if (text) add('text', `“${text}”`, { text: NO_FILTER.text });
  if (statuses.length > 0) add('status', statuses.map(statusWords).join(' or '), { statuses: [] });
  if (workflow) add('workflow', `workflow ${workflow}`, { workflow: null });
  if (triggers.length > 0) add('trigger', `started by ${triggers.join(' or ')}`, { triggers: [] });
  for (const label of labels) {
    add(`label ${label}`, label, { labels: labels.filter((other) => other !== label) });
  }
  if (since) add('since', sinceWords(since), { since: null });
  if (until) add('until', `until ${until}`, { until: null });
  return parts;
}

function sinceWords(since: string): string {
  const span = SPANS.find(({ value }) => value === since);
  if (span) return span.label;
  return /[hd]$/.test(since) ? `the last ${since}` : `from ${since}`;
}
