// The first choice: one WebSocket for everything, GET /api/v1/stream.
//
// A socket can be dead without telling (sleep, a proxy that went away). So it is asked to answer every few seconds, and
// one that does not in time is given up.

import { ticketed } from '../api/access';
import type { Frame } from './frames';
import type { Sink, Transport } from './transport';

const PATH = '/api/v1/stream';
/** Often enough to show a current round trip, seldom enough to cost nothing. */
const PING_EVERY_MS = 10_000;
/** Far above any round trip that one would call working. */
const ANSWER_WITHIN_MS = 5_000;
/** The first answer waits for all that a page does while it opens; the second, soon after, tells the way's length. */
const PING_AGAIN_MS = 1_000;

type Pong = { type: 'pong'; ping: number };

export function openSocket(sink: Sink): Transport {
  let socket: WebSocket | null = null;
  const waiting: string[] = [];
  let isOver = false;
  let pingAt = 0;
  let alarm: ReturnType<typeof setTimeout> | undefined = setTimeout(giveUp, ANSWER_WITHIN_MS);
  let again: ReturnType<typeof setTimeout> | undefined;
  const pings = setInterval(ping, PING_EVERY_MS);

  function send(command: object): void {
    const text = JSON.stringify(command);
    if (socket?.readyState === WebSocket.OPEN) socket.send(text);
    else waiting.push(text);
  }

  function ping(): void {
    if (alarm !== undefined || socket?.readyState !== WebSocket.OPEN) return;
    pingAt = performance.now();
    alarm = setTimeout(giveUp, ANSWER_WITHIN_MS);
    send({ ping: Math.round(pingAt) });
  }

  function giveUp(): void {
    finish();
    sink.lost();
  }

  function finish(): void {
    isOver = true;
    clearTimeout(alarm);
    clearTimeout(again);
    clearInterval(pings);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }

  function begin(address: string): void {
    if (isOver) return;
    const url = new URL(address, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    socket = listen(new WebSocket(url));
  }

  function listen(opened: WebSocket): WebSocket {
    opened.onopen = () => {
      for (const text of waiting.splice(0)) opened.send(text);
      clearTimeout(alarm);
      alarm = undefined;
      ping();
      again = setTimeout(ping, PING_AGAIN_MS);
    };
    opened.onmessage = ({ data }: MessageEvent<string>) => {
      const frame = JSON.parse(data) as Frame | Pong;
      // Whatever arrives shows that the socket lives, but only the answer tells the way's length.
      if (alarm !== undefined) {
        clearTimeout(alarm);
        alarm = undefined;
      }
      if (frame.type === 'pong') sink.roundTrip(performance.now() - pingAt);
      else sink.frame(frame);
    };
    opened.onclose = giveUp;
    return opened;
  }

  ticketed(PATH).then(begin, () => {
    if (!isOver) giveUp();
  });

  return {
    follow: (runId, cursor) => send({ subscribe: { runId, ...cursor } }),
    leave: (runId) => send({ unsubscribe: { runId } }),
    watchList: (isWatched) => send(isWatched ? { subscribeRuns: {} } : { unsubscribeRuns: {} }),
    probe: ping,
    close: () => {
      if (!isOver) finish();
    },
  };
}
