// The way from a page to the hub that all tabs share. Where there is none, or it does not answer, the page has a hub of its own.

import { createHub, type Notice, type Request } from './hub';

/** The worker answers at once when it runs; one that could not be loaded never does. */
const ANSWER_WITHIN_MS = 3_000;

export type SendRequest = (request: Request) => void;

export function joinSharedHub(onNotice: (notice: Notice) => void): SendRequest {
  if (typeof SharedWorker === 'undefined') return createHub().join(onNotice);
  /** What was asked before the worker's first answer: another hub must hear of it, too. */
  let early: Request[] | null = [];
  let send: SendRequest = toWorker(
    (notice) => {
      early = null;
      onNotice(notice);
    },
    () => fallBack(),
  );
  const alarm = setTimeout(() => fallBack(), ANSWER_WITHIN_MS);

  function fallBack(): void {
    clearTimeout(alarm);
    if (early === null) return;
    const missed = early;
    early = null;
    send({ do: 'bye' });
    send = createHub().join(onNotice);
    for (const request of missed) send(request);
  }

  return (request) => {
    early?.push(request);
    send(request);
  };
}

function toWorker(onNotice: (notice: Notice) => void, onFailed: () => void): SendRequest {
  const worker = new SharedWorker(new URL('./hub-worker.ts', import.meta.url), {
    type: 'module',
    name: 'telltale',
  });
  worker.onerror = onFailed;
  worker.port.onmessage = ({ data }: MessageEvent<Notice>) => onNotice(data);
  const lock = `telltale-page-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
  // Browsers give locks to pages of localhost and of https only; elsewhere `pagehide` has to do.
  if (navigator.locks) {
    void navigator.locks.request(
      lock,
      () => new Promise(() => worker.port.postMessage({ do: 'alive', lock })),
    );
  }
  return (request) => worker.port.postMessage(request);
}
