// Whom the server tells when runs end: addresses, each with a secret that signs what is sent.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { toTime } from '../../../api/model';
import {
  changeNotification,
  type Notification,
  readNotifications,
  removeNotification,
  testNotification,
} from '../../../api/notifications';
import { Button } from '../../../design/Button';
import { Confirm } from '../../../design/Dialog';
import form from '../../../design/form.module.css';
import { Check } from '../../../design/Select';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { useDeed } from '../../../lib/deed';
import { statusWords } from '../../../lib/status';
import { useBar } from '../../../session/session';
import { Part, Reading } from '../../Part';
import styles from '../../Part.module.css';
import { Deliveries } from './Deliveries';
import { NotificationDialog } from './NotificationDialog';

const KEY = ['notifications'];

export default function NotificationsPage() {
  const bar = useBar('member');
  const client = useQueryClient();
  const query = useQuery({ queryKey: KEY, queryFn: ({ signal }) => readNotifications(signal) });
  const { isBusy, said, work } = useDeed();
  const [params, setParams] = useSearchParams();
  const [isMaking, setMaking] = useState(false);
  const [removed, setRemoved] = useState<Notification | null>(null);
  const shown = params.get('deliveries');
  const again = () => client.invalidateQueries({ queryKey: KEY });
  const then = (deed: () => Promise<unknown>) =>
    void work(async () => {
      await deed();
      await again();
    });
  const test = (notificationId: string) =>
    void work(async () => {
      await testNotification(notificationId);
      setParams({ deliveries: notificationId });
      await client.invalidateQueries({ queryKey: ['deliveries', notificationId] });
    });
  const columns = [
    {
      head: 'Address',
      cell: ({ url, description, failingSince, disabledReason }: Notification) => (
        <span className={styles.two}>
          <span className="mono">{url}</span>
          {description && <span className={styles.faint}>{description}</span>}
          {disabledReason && <span className={styles.faint}>turned off by the server: {disabledReason}</span>}
          {!disabledReason && failingSince && (
            <span className={styles.faint}>
              nothing delivered since <Ago at={toTime(failingSince)} />
            </span>
          )}
        </span>
      ),
    },
    { head: 'When a run is', cell: ({ statuses }: Notification) => statuses.map(statusWords).join(', ') },
    { head: 'Workflow', cell: ({ workflow }: Notification) => workflow ?? 'any' },
    {
      head: 'On',
      cell: (one: Notification) => (
        <Check
          aria-label={`Tell ${one.url}`}
          checked={one.enabled}
          disabled={bar !== null || isBusy}
          title={bar ?? undefined}
          onChange={(enabled) => then(() => changeNotification(one.notificationId, toForm(one, enabled)))}
        >
          {one.enabled ? 'on' : 'off'}
        </Check>
      ),
    },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: (one: Notification) => (
        <>
          <Button look="bare" bar={bar} disabled={isBusy} onClick={() => test(one.notificationId)}>
            Test
          </Button>
          <Button look="bare" onClick={() => setParams({ deliveries: one.notificationId })}>
            Deliveries
          </Button>
          <Button look="bare" bar={bar} onClick={() => setRemoved(one)}>
            Remove
          </Button>
        </>
      ),
    },
  ];
  return (
    <Part
      title="Notifications"
      told="The server posts what became of a run to these addresses, signed (Standard Webhooks), and tries again for a while where nobody answers."
      bar={bar}
      deed={
        <Button look="primary" bar={bar} onClick={() => setMaking(true)}>
          Add an address
        </Button>
      }
    >
      <p className={form.said} role="alert">
        {said}
      </p>
      <Reading of={query} what="notifications">
        {({ notifications }) =>
          notifications.length === 0 ? (
            <p className={form.told}>Nobody is told of anything yet.</p>
          ) : (
            <Table
              label="Notifications"
              columns={columns}
              rows={notifications}
              keyOf={({ notificationId }) => notificationId}
              chosen={shown}
            />
          )
        }
      </Reading>
      {shown !== null && <Deliveries notificationId={shown} onClose={() => setParams({})} />}
      {isMaking && <NotificationDialog onClose={() => setMaking(false)} onMade={() => void again()} />}
      <Confirm
        open={removed !== null}
        onClose={() => setRemoved(null)}
        onConfirm={() => removed && then(() => removeNotification(removed.notificationId))}
        title="Tell this address nothing any more?"
        action="Remove it"
      >
        <p>{removed?.url}</p>
      </Confirm>
    </Part>
  );
}

function toForm({ url, statuses, workflow, description }: Notification, enabled: boolean) {
  return { url, statuses, enabled, ...(workflow && { workflow }), ...(description && { description }) };
}
