// The second choice: server-sent events, a source for each run. The list of runs has none and is polled.

import { ticketed } from '../api/access';
import type { Frame } from './frames';
import { openPoll } from './poll';
import type { Cursor, Sink, Transport } from './transport';

const TYPES = ['hello', 'state', 'events', 'logs', 'heartbeat', 'reset', 'end'];
/** Two heartbeats and some: the server sends one after 15 s of silence. */
const SILENCE_MS = 40_000;
/** `hello` comes at once. Where it does not, a proxy keeps the stream for itself. */
const HELLO_WITHIN_MS = 5_000;
/** Browsers open six connections to a server, and a stream holds one. Further runs are polled. */
const SOURCES_AT_MOST = 3;

export function openSse(sink: Sink): Transport {
  const sources = new Map<string, () => void>();
  const polled = openPoll(sink);

  function close(): void {
    for (const end of sources.values()) end();
    sources.clear();
    polled.close();
  }

  function leave(runId: string): void {
    sources.get(runId)?.();
    sources.delete(runId);
    polled.leave(runId);
  }

  return {
    follow(runId, cursor) {
      leave(runId);
      if (sources.size >= SOURCES_AT_MOST) return polled.follow(runId, cursor);
      const end = openSource(runId, cursor, {
        frame: sink.frame,
        lost(isUnfit) {
          close();
          sink.lost(isUnfit);
        },
        // The status is not to be had from an EventSource; a plain request tells it, and the run's end as well.
        refused() {
          leave(runId);
          polled.follow(runId, cursor);
        },
      });
      sources.set(runId, end);
    },
    leave,
    watchList: polled.watchList,
    probe: polled.probe,
    close,
  };
}

type SourceEvents = { frame(frame: Frame): void; lost(isUnfit: boolean): void; refused(): void };

function openSource(runId: string, { after, logAfter, logs }: Cursor, events: SourceEvents): () => void {
  const query = `after=${after}&logAfter=${logAfter}&logs=${logs}`;
  const address = `/api/v1/runs/${encodeURIComponent(runId)}/stream?${query}`;
  let source: EventSource | null = null;
  let isGreeted = false;
  let isOver = false;
  let alarm = setTimeout(giveUp, HELLO_WITHIN_MS);

  function end(): void {
    isOver = true;
    clearTimeout(alarm);
    source?.close();
  }
  function giveUp(): void {
    end();
    events.lost(!isGreeted);
  }
  function take({ data }: MessageEvent<string>): void {
    clearTimeout(alarm);
    isGreeted = true;
    alarm = setTimeout(giveUp, SILENCE_MS);
    const frame = JSON.parse(data) as Frame;
    if (frame.type === 'end') end();
    // A stream of one run does not repeat its id in every frame.
    events.frame({ ...frame, runId } as Frame);
  }

  function begin(at: string): void {
    if (isOver) return;
    const opened = new EventSource(at);
    source = opened;
    for (const type of TYPES) opened.addEventListener(type, take);
    // Reconnecting is the connection's, with the cursor of what was really received.
    opened.onerror = () => {
      const isRefused = opened.readyState === EventSource.CLOSED && !isGreeted;
      end();
      if (isRefused) events.refused();
      else events.lost(false);
    };
  }

  ticketed(address).then(begin, () => {
    if (isOver) return;
    end();
    events.lost(false);
  });
  return end;
}
