// What the parts of the page share: elements, badges, times and numbers, requests, addresses.
//
// Text enters the document through textContent only, and there is no other way to make an element.

export const API = '/api/v1';
export const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);

export const $ = (id) => document.getElementById(id);

/** Makes an element; children are nodes or text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Writes text only where it changed, so that selections and screen readers are left in peace. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A shape for each status, so that none is told by its colour alone.
const SHAPES = {
  ring: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11z',
  arc: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  check: 'M3 8.5l3.4 3.4L13 5',
  cross: 'M4 4l8 8M12 4l-8 8',
  again: 'M12.9 6A5.3 5.3 0 1 0 13.3 9M13.3 2.6V6H9.9',
  hand: 'M8 3v6M8 12.6v.2',
  skip: 'M3 4l4.5 4L3 12M8.5 4L13 8l-4.5 4',
  bar: 'M3.5 8h9',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2.2 1.4',
  dots: 'M3 8h.2M8 8h.2M13 8h.2',
};
const SHAPE_OF = {
  QUEUED: 'dots', PENDING: 'ring', RUNNING: 'arc', RETRYING: 'again', AWAITING_INPUT: 'hand', COMPLETED: 'check',
  FAILED: 'cross', SKIPPED: 'skip', CANCELLED: 'bar', TERMINATED: 'bar', TIMED_OUT: 'clock', STALE: 'dots',
};

export function badge() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.append(path);
  return el('span', { class: 'badge' }, svg, el('span', { class: 'word' }));
}

export function setBadge(element, status) {
  if (element.dataset.status === status) return;
  element.dataset.status = status;
  element.querySelector('path').setAttribute('d', SHAPES[SHAPE_OF[status] ?? 'ring']);
  element.querySelector('.word').textContent = status.toLowerCase().replaceAll('_', ' ');
}

export function progressBar(label) {
  return el('progress', { max: 1, value: 0, 'aria-label': label });
}

function duration(ms) {
  if (!Number.isFinite(ms) || ms < 0) return '0.0 s';
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h} h ${m} min` : `${m} min ${String(s).padStart(2, '0')} s`;
}

/** How long something took, or has taken until now when it is not over. */
export function spent(from, to, over) {
  if (!from) return over ? '–' : '';
  return duration((to ? Date.parse(to) : Date.now()) - Date.parse(from));
}

export function clockTime(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? '' : date.toLocaleTimeString([], { hour12: false }) + '.' + String(date.getMilliseconds()).padStart(3, '0');
}

export function ago(at) {
  const s = Math.round((Date.now() - Date.parse(at)) / 1000);
  if (!Number.isFinite(s)) return '';
  if (s < 5) return 'now';
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return new Date(at).toLocaleDateString();
}

export const workflowOf = (run) => (typeof run.workflow === 'string' ? run.workflow : run.workflow?.name ?? run.workflow?.id) || 'unnamed workflow';
export const number = (n) => Number(n).toLocaleString('en');

/** Reads JSON; an error carries the problem's own words. */
export const get = (path, signal) => request(path, { signal, cache: 'no-store' });

/** Sends JSON, and reads what comes back. */
export const post = (path, body) => request(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function request(path, options) {
  const response = await fetch(path, { ...options, headers: { accept: 'application/json', ...options.headers } });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  const faults = (problem.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);
  const error = new Error([problem.detail || problem.title || `the server answered ${response.status}`, ...faults].join('; '));
  error.status = response.status;
  throw error;
}

// ---------------------------------------------------------------- addresses

export const runPath = (runId) => `${API}/runs/${encodeURIComponent(runId)}`;
export const runLink = (runId, params) => `#/runs/${encodeURIComponent(runId)}${query(params)}`;

export function query(params = {}) {
  const text = new URLSearchParams(Object.entries(params).filter(([, value]) => value)).toString();
  return text && `?${text}`;
}
