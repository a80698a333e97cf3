// Numbers, durations and times as people read them. Pure: whatever depends on the moment is told the moment.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const formatCount = (count: number): string => count.toLocaleString('en');

const pad = (value: number): string => String(value).padStart(2, '0');

/** `840 ms`, `12.4 s`, `3 min 07 s`, `2 h 05 min`, `3 d 04 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return '0 ms';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ${pad(Math.floor(ms / 1_000) % 60)} s`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ${pad(Math.floor(ms / MINUTE) % 60)} min`;
  return `${Math.floor(ms / DAY)} d ${pad(Math.floor(ms / HOUR) % 24)} h`;
}

/** The same for something that ticks: whole seconds, so that it does not flicker. */
export function formatTicking(ms: number): string {
  return ms < MINUTE ? `${Math.max(0, Math.floor(ms / 1_000))} s` : formatDuration(ms);
}

/** How long ago, in one word where it can be; older than a week is a date. */
export function formatAgo(at: number, now: number): string {
  const ms = now - at;
  if (ms < 5_000) return 'now';
  if (ms < MINUTE) return `${Math.floor(ms / 1_000)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h ago`;
  if (ms < 7 * DAY) return `${Math.floor(ms / DAY)} d ago`;
  return formatDate(at);
}

/** `2026-11-22`, in the reader's own time zone. */
export function formatDate(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** `14:03:07.120`, in the reader's own time zone. */
export function formatClock(at: number): string {
  const date = new Date(at);
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}.${ms}`;
}

export const formatMoment = (at: number): string => `${formatDate(at)} ${formatClock(at)}`;

/** `512 B`, `3.4 KiB`, `1.2 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
