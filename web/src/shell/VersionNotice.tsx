// Says that the server has a newer page than this one. Seen by the document's ETag, looked at whenever the connection
// has come back, since a server is restarted when it is upgraded.

import { useEffect, useState } from 'react';
import { Button } from '../design/Button';
import { linkNow, onLink } from '../live/client';
import styles from './VersionNotice.module.css';

const DOCUMENT = '/ui/';
const LOOK_EVERY_MS = 15 * 60_000;

async function readTag(): Promise<string | null> {
  const answer = await fetch(DOCUMENT, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  return answer?.ok ? answer.headers.get('etag') : null;
}

export function VersionNotice() {
  const [isOld, setOld] = useState(false);
  useEffect(() => (import.meta.env.DEV ? undefined : watchTag(() => setOld(true))), []);
  if (!isOld) return null;
  return (
    <div className={styles.notice} role="status">
      <span>The server has a newer version of this page.</span>
      <Button onClick={() => location.reload()}>Load it</Button>
      <Button look="bare" onClick={() => setOld(false)}>
        Later
      </Button>
    </div>
  );
}

function watchTag(onOther: () => void): () => void {
  let first: string | null = null;
  let wasLive = false;
  async function look(): Promise<void> {
    const tag = await readTag();
    if (tag === null) return;
    first ??= tag;
    if (tag !== first) onOther();
  }
  const leave = onLink(() => {
    const isLive = linkNow().phase === 'live';
    if (isLive && !wasLive) void look();
    wasLive = isLive;
  });
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  void look();
  return () => {
    leave();
    clearInterval(timer);
  };
}
