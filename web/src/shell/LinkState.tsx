// How the live connection fares, in a word or two. It is quiet as long as all is well.

import { useSyncExternalStore } from 'react';
import { Tooltip } from '../design/Tooltip';
import { linkNow, onLink, probeNow } from '../live/client';
import type { LinkState as Link } from '../live/connection';
import styles from './LinkState.module.css';

export function LinkState() {
  const link = useSyncExternalStore(onLink, linkNow);
  return (
    <Tooltip content={explained(link)} side="bottom">
      <button
        type="button"
        id="link"
        className={`${styles.link} num`}
        data-state={link.phase}
        data-by={link.transport}
        onClick={probeNow}
      >
        <svg viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
          {link.phase === 'live' ? <circle cx="4" cy="4" r="4" /> : <path d="M4 0l4 4-4 4-4-4z" />}
        </svg>
        <span>
          <span role="status">{words(link)}</span>
          {link.phase === 'live' && link.transport !== 'poll' && link.latencyMs !== null && (
            <span className={styles.latency}>, {link.latencyMs} ms</span>
          )}
        </span>
      </button>
    </Tooltip>
  );
}

function words({ phase, transport }: Link): string {
  if (phase === 'live') return transport === 'poll' ? 'polling' : 'live';
  return { connecting: 'connecting', waiting: 'reconnecting', offline: 'offline' }[phase];
}

const WAYS = { socket: 'WebSocket', sse: 'server-sent events', poll: 'requests that wait for news' };

function explained({ phase, transport, latencyMs }: Link): string {
  if (phase === 'offline')
    return 'This machine is offline. What happens meanwhile is caught up with afterwards.';
  if (phase !== 'live') return 'The connection is being made. Nothing is missed: it goes on where it was.';
  const took = latencyMs === null ? '' : ` The server answers in ${latencyMs} ms.`;
  const why = transport === 'socket' ? '' : ' Something on the way keeps WebSockets from working.';
  return `Live by ${WAYS[transport]}, one connection for all tabs.${took}${why}`;
}
