// Addresses that start the workflow when something is posted to them.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { toTime } from '../../../api/model';
import { readWebhooks, removeWebhook, type Webhook } from '../../../api/triggers';
import { Button } from '../../../design/Button';
import { Confirm } from '../../../design/Dialog';
import form from '../../../design/form.module.css';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { useDeed } from '../../../lib/deed';
import { paths } from '../../../lib/paths';
import { useBar } from '../../../session/session';
import { Part, Reading } from '../../Part';
import parts from '../../Part.module.css';
import { WebhookDialog } from './WebhookDialog';

export function Webhooks({ workflow }: { workflow: string }) {
  const bar = useBar('member');
  const client = useQueryClient();
  const key = ['webhooks', workflow];
  const query = useQuery({ queryKey: key, queryFn: ({ signal }) => readWebhooks(workflow, signal) });
  const { said, work } = useDeed();
  const [isMaking, setMaking] = useState(false);
  const [removed, setRemoved] = useState<Webhook | null>(null);
  const again = () => client.invalidateQueries({ queryKey: key });
  const columns = [
    { head: 'Address', cell: ({ description }: Webhook) => description || 'without a description' },
    { head: 'Signed', cell: ({ hmac }: Webhook) => (hmac ? 'must be (HMAC)' : 'by its address alone') },
    { head: 'Made', cell: ({ createdAt }: Webhook) => <Ago at={toTime(createdAt)} /> },
    {
      head: 'Last used',
      cell: ({ lastUsedAt, lastRunId }: Webhook) =>
        lastRunId ? (
          <Link to={paths.run(lastRunId)}>
            <Ago at={toTime(lastUsedAt)} />
          </Link>
        ) : (
          'not yet'
        ),
    },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: (one: Webhook) => (
        <Button look="bare" bar={bar} onClick={() => setRemoved(one)}>
          Remove
        </Button>
      ),
    },
  ];
  return (
    <section className={parts.part} aria-label="Webhooks">
      <Part
        title="Webhooks"
        told="A run starts when something is posted to one of these addresses. The body becomes its input."
        bar={bar}
        deed={
          <Button bar={bar} onClick={() => setMaking(true)}>
            Make an address
          </Button>
        }
      >
        <p className={form.said} role="alert">
          {said}
        </p>
        <Reading of={query} what="webhooks">
          {({ webhooks }) =>
            webhooks.length > 0 && (
              <Table
                label="Webhooks"
                columns={columns}
                rows={webhooks}
                keyOf={({ webhookId }) => webhookId}
              />
            )
          }
        </Reading>
      </Part>
      {isMaking && (
        <WebhookDialog workflow={workflow} onClose={() => setMaking(false)} onMade={() => void again()} />
      )}
      <Confirm
        open={removed !== null}
        onClose={() => setRemoved(null)}
        onConfirm={() =>
          void work(async () => {
            if (removed) await removeWebhook(workflow, removed.webhookId);
            await again();
          })
        }
        title="Remove this address?"
        action="Remove it"
      >
        <p>Whoever posts to it is told that there is nothing there.</p>
      </Confirm>
    </section>
  );
}
