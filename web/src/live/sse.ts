// The second choice: server-sent events, a source for each run. The list of runs has none and is polled.

import type { Frame } from './frames';
import { openPoll } from './poll';
import type { Sink, Transport } from './transport';

const TYPES = ['hello', 'state', 'events', 'logs', 'heartbeat', 'reset', 'end'];
/** Two heartbeats and some: the server sends one after 15 s of silence. */
const SILENCE_MS = 40_000;

export function openSse(sink: Sink): Transport {
  const sources = new Map<string, () => void>();
  const list = openPoll(sink);

  function close(): void {
    for (const end of sources.values()) end();
    sources.clear();
    list.close();
  }

  function lost(): void {
    close();
    sink.lost();
  }

  return {
    follow(runId, cursor) {
      sources.get(runId)?.();
      sources.set(runId, openSource(runId, cursorQuery(cursor), sink.frame, lost));
    },
    leave(runId) {
      sources.get(runId)?.();
      sources.delete(runId);
    },
    watchList: list.watchList,
    probe: list.probe,
    close,
  };
}

function cursorQuery(cursor: { after: unknown; logAfter: unknown; logs: boolean }): string {
  return `after=${cursor.after}&logAfter=${cursor.logAfter}&logs=${cursor.logs}`;
}

function openSource(
  runId: string,
  query: string,
  onFrame: (frame: Frame) => void,
  onLost: () => void,
): () => void {
  const source = new EventSource(`/api/v1/runs/${encodeURIComponent(runId)}/stream?${query}`);
  let alarm = setTimeout(giveUp, SILENCE_MS);

  function end(): void {
    clearTimeout(alarm);
    source.close();
  }
  function giveUp(): void {
    end();
    onLost();
  }
  function take({ data }: MessageEvent<string>): void {
    clearTimeout(alarm);
    alarm = setTimeout(giveUp, SILENCE_MS);
    const frame = JSON.parse(data) as Frame;
    if (frame.type === 'end') end();
    // A stream of one run does not repeat its id in every frame.
    onFrame({ ...frame, runId } as Frame);
  }

  for (const type of TYPES) source.addEventListener(type, take);
  // Reconnecting is the connection's, with the cursor of what was really received.
  source.onerror = giveUp;
  return end;
}
