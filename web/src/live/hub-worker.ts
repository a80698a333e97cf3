// The hub in a SharedWorker: one connection to the server for all tabs of this browser.

import { createHub, type Request } from './hub';

type Connected = { ports: readonly MessagePort[] };

const hub = createHub();

addEventListener('connect', (event) => {
  const port = (event as unknown as Connected).ports[0];
  if (!port) return;
  const say = hub.join((notice) => port.postMessage(notice));
  port.onmessage = ({ data }: MessageEvent<Request | { do: 'alive'; lock: string }>) => {
    if (data.do === 'alive') whenGone(data.lock, () => say({ do: 'bye' }));
    else say(data);
  };
});

/** A page holds its lock for as long as it lives: it is had here when the page has gone without a word (a crash, say). */
function whenGone(lock: string, bye: () => void): void {
  void navigator.locks?.request(lock, bye);
}
