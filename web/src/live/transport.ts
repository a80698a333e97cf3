// What a transport is to the connection: it is told what is wanted, and gives frames until it is lost or closed.

import type { Frame } from './frames';

/** Where a run's events and lines go on. */
export type Cursor = { after: number | 'head'; logAfter: number | 'head'; logs: boolean };

export type Sink = {
  frame(frame: Frame): void;
  /** The way there and back took this long. */
  roundTrip(ms: number): void;
  /** Said once; nothing comes afterwards. `isUnfit`: opened, and yet nothing gets through, so trying it again is no use. */
  lost(isUnfit?: boolean): void;
};

export type Transport = {
  /** Begins, or begins again from another cursor. Frames of the run are then to be ignored until its `hello`. */
  follow(runId: string, cursor: Cursor): void;
  leave(runId: string): void;
  watchList(isWatched: boolean): void;
  /** Finds out soon whether it still works: after sleep, say. */
  probe(): void;
  close(): void;
};
