// Which transport to try next, and how long to wait before. Pure: the connection feeds it with what happened.

export type TransportName = 'socket' | 'sse' | 'poll';

export type Course = {
  transport: TransportName;
  /** Given by the address (`?transport=sse`): never left for another. */
  isForced: boolean;
  /** Losses in a row that this transport is to blame for. */
  misses: number;
  /** Losses in a row, whoever is to blame. */
  tries: number;
};

/** One lost handshake is an accident, two against a healthy server are a proxy. */
const MISSES_BEFORE_FALLBACK = 2;
const DELAY_FIRST_MS = 200;
/** A server that restarts is found again within this, and a thousand pages don't fall on it at once. */
const DELAY_MOST_MS = 3_000;

const LOWER: Record<TransportName, TransportName> = { socket: 'sse', sse: 'poll', poll: 'poll' };

export function begin(forced: TransportName | null): Course {
  return { transport: forced ?? 'socket', isForced: forced !== null, misses: 0, tries: 0 };
}

/** A frame has arrived: the transport works. */
export function worked(course: Course): Course {
  return course.misses === 0 && course.tries === 0 ? course : { ...course, misses: 0, tries: 0 };
}

export type Loss = {
  /** Whether a frame had arrived since it was opened. */
  hadWorked: boolean;
  /** Whether the server answers a plain request now. */
  isServerThere: boolean;
  /** It opened, but something on the way keeps what is sent. */
  isUnfit: boolean;
};

export function lost(course: Course, { hadWorked, isServerThere, isUnfit }: Loss): Course {
  const tries = course.tries + 1;
  if (!isServerThere) return { ...course, misses: 0, tries };
  const misses = hadWorked ? 0 : course.misses + 1;
  const isBlamed = isUnfit || misses >= MISSES_BEFORE_FALLBACK;
  if (!isBlamed || course.isForced) return { ...course, misses, tries };
  return { ...course, transport: LOWER[course.transport], misses: 0, tries: 0 };
}

/** The network has changed (online again, woken up): what a proxy muted elsewhere may work here. */
export function fresh(course: Course): Course {
  return course.isForced ? { ...course, misses: 0, tries: 0 } : begin(null);
}

/** How long to wait before the next try; `random` is from 0 to 1. */
export function delayMs(course: Course, random: number): number {
  if (course.tries === 0) return 0;
  return Math.min(DELAY_MOST_MS, DELAY_FIRST_MS * 2 ** (course.tries - 1)) * (0.5 + random / 2);
}
