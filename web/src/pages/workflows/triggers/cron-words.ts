// A schedule in words, where it is one of the usual kinds; else the expression itself. Pure.

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const SHORT = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const NUMBER = /^\d{1,2}$/;
const MACROS: Readonly<Record<string, string>> = {
  '@hourly': 'every hour',
  '@daily': 'every day at 00:00',
  '@midnight': 'every day at 00:00',
  '@weekly': 'every Sunday at 00:00',
  '@monthly': 'on day 1 of every month at 00:00',
  '@yearly': 'every 1 January at 00:00',
};

const two = (text: string): string => text.padStart(2, '0');

export function cronWords(cron: string): string {
  const text = cron.trim();
  const macro = MACROS[text.toLowerCase()];
  if (macro) return macro;
  const fields = text.split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5 || month !== '*') return text;
  const isAnyDay = day === '*' && weekday === '*';
  if (hour === '*') return isAnyDay ? (withinHour(minute) ?? text) : text;
  const hours = /^\*\/(\d+)$/.exec(hour)?.[1];
  if (hours && isAnyDay && NUMBER.test(minute)) return `every ${hours} hours at minute ${minute}`;
  if (!NUMBER.test(minute) || !/^\d{1,2}(,\d{1,2})*$/.test(hour)) return text;
  const at = hour
    .split(',')
    .map((one) => `${two(one)}:${two(minute)}`)
    .join(' and ');
  if (isAnyDay) return `every day at ${at}`;
  if (weekday === '*' && NUMBER.test(day)) return `on day ${day} of every month at ${at}`;
  const days = day === '*' ? weekdayWords(weekday) : null;
  return days ? `${days} at ${at}` : text;
}

function withinHour(minute: string): string | null {
  if (minute === '*' || minute === '*/1') return 'every minute';
  const step = /^\*\/(\d+)$/.exec(minute)?.[1];
  if (step) return `every ${step} minutes`;
  return NUMBER.test(minute) ? `every hour at minute ${minute}` : null;
}

function weekdayWords(field: string): string | null {
  const named = field.toUpperCase().replace(/[A-Z]{3}/g, (name) => {
    const place = SHORT.indexOf(name);
    return place < 0 ? name : String(place);
  });
  const range = /^([0-7])-([0-7])$/.exec(named);
  if (range) return `${DAYS[Number(range[1])]} to ${DAYS[Number(range[2])]}`;
  if (!/^[0-7](,[0-7])*$/.test(named)) return null;
  return `every ${named
    .split(',')
    .map((one) => DAYS[Number(one)])
    .join(' and ')}`;
}

/** When it is, as people say it: `today 14:00`, `tomorrow 03:00`, `Fri 27 Nov 03:00`, in the zone. */
export function whenWords(at: number, now: number, timeZone: string): string {
  const day = (time: number): string =>
    new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(time);
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }).format(at);
  if (day(at) === day(now)) return `today ${clock}`;
  if (day(at) === day(now + 86_400_000)) return `tomorrow ${clock}`;
  const date = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  });
  return `${date.format(at)} ${clock}`;
}

/** The server and the browser may know different zones: what the browser doesn't know is shown in UTC. */
export function knownZone(timeZone: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
