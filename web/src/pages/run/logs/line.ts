// What the log view reads, and how it asks for it. The shapes are the API's.

export interface LogLine {
  readonly logSeq: number;
  readonly nodeRef: string;
  readonly attempt: number;
  readonly stream: 'stdout' | 'stderr';
  readonly lineNo: number;
  readonly at: string;
  readonly text: string;
  readonly bytes?: string | null;
  readonly eol?: boolean | null;
}

export interface LinePage {
  readonly lines: readonly LogLine[];
  readonly nextAfter: number;
  readonly complete: boolean;
  /** How far reading backwards got; older servers leave it out. */
  readonly nextBefore?: number | null;
  /** `time`: the search had its time, and there may be more beyond. */
  readonly stopped?: 'limit' | 'time' | 'end' | null;
}

/** Which lines are meant; what is absent does not matter. */
export interface LineFilter {
  readonly nodeRef?: string | undefined;
  readonly attempt?: number | undefined;
  readonly stream?: 'stdout' | 'stderr' | undefined;
  readonly level?: 'warn' | 'error' | undefined;
  readonly q?: string | undefined;
}

export interface LineRange {
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly limit?: number | undefined;
  readonly tail?: number | undefined;
}

export type FetchLines = (range: LineRange & LineFilter, signal?: AbortSignal) => Promise<LinePage>;

export const isUnfiltered = (filter: LineFilter): boolean =>
  Object.values(filter).every((value) => value === undefined);

/** How far back a page reaches: everything from there to where it was asked from has been looked at. */
export function reachedBack(page: LinePage, limit: number): number {
  if (page.nextBefore !== undefined && page.nextBefore !== null) return page.nextBefore;
  return page.lines.length < limit ? 1 : (page.lines[0]?.logSeq ?? 1);
}

/** The query of a request for lines. */
export function lineQuery(range: LineRange & LineFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(range))
    if (value !== undefined && value !== '') query.set(name, String(value));
  return query;
}
