// Tokens for workers, CI and scripts.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type ApiToken, readTokens, revokeToken } from '../../../api/accounts';
import { toTime } from '../../../api/model';
import { Button } from '../../../design/Button';
import { Confirm } from '../../../design/Dialog';
import form from '../../../design/form.module.css';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { useDeed } from '../../../lib/deed';
import { formatDate } from '../../../lib/format';
import { useNow } from '../../../lib/now';
import { useBar } from '../../../session/session';
import { Part, Reading } from '../../Part';
import styles from '../../Part.module.css';
import { TokenDialog } from './TokenDialog';

const KEY = ['tokens'];

export default function TokensPage() {
  const bar = useBar('owner');
  const client = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => readTokens(signal),
    enabled: bar === null,
  });
  const { said, work } = useDeed();
  const [isMaking, setMaking] = useState(false);
  const [revoked, setRevoked] = useState<ApiToken | null>(null);
  const again = () => client.invalidateQueries({ queryKey: KEY });
  const columns = [
    {
      head: 'Token',
      cell: ({ name, prefix }: ApiToken) => (
        <span className={styles.two}>
          <span>{name}</span>
          <code className={styles.faint}>{prefix}…</code>
        </span>
      ),
    },
    { head: 'May', cell: ({ scopes }: ApiToken) => scopes.join(', ') },
    { head: 'Only for', cell: limitWords },
    { head: 'Ends', cell: ({ expiresAt }: ApiToken) => <Ends at={toTime(expiresAt)} /> },
    {
      head: 'Last used',
      cell: ({ lastUsedAt }: ApiToken) => (lastUsedAt ? <Ago at={toTime(lastUsedAt)} /> : 'never'),
    },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: (token: ApiToken) => (
        <Button look="bare" bar={bar} aria-label={`Revoke ${token.name}`} onClick={() => setRevoked(token)}>
          Revoke
        </Button>
      ),
    },
  ];
  return (
    <Part
      title="Tokens"
      told="For programs: workers, CI, scripts. Each may do only what it is made for, and its secret is shown once."
      bar={bar}
      deed={
        <Button look="primary" bar={bar} onClick={() => setMaking(true)}>
          Make a token
        </Button>
      }
    >
      <p className={form.said} role="alert">
        {said}
      </p>
      {bar === null && (
        <Reading of={query} what="tokens">
          {({ tokens }) =>
            tokens.length === 0 ? (
              <p className={form.told}>There is no token yet.</p>
            ) : (
              <Table label="Tokens" columns={columns} rows={tokens} keyOf={({ tokenId }) => tokenId} />
            )
          }
        </Reading>
      )}
      {isMaking && <TokenDialog onClose={() => setMaking(false)} onMade={() => void again()} />}
      <Confirm
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        onConfirm={() =>
          void work(async () => {
            if (revoked) await revokeToken(revoked.tokenId);
            await again();
          })
        }
        title={`Revoke ${revoked?.name ?? ''}?`}
        action="Revoke it"
      >
        <p>Whatever uses it is refused from now on, and its open streams end within seconds.</p>
      </Confirm>
    </Part>
  );
}

function limitWords({ workflow, runId }: ApiToken): string {
  const parts = [workflow && `workflow ${workflow}`, runId && `run ${runId}`].filter(Boolean);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}

function Ends({ at }: { at: number | null }) {
  const now = useNow(at !== null);
  if (at === null) return 'never';
  return at <= now ? `ended ${formatDate(at)}` : formatDate(at);
}
