// What was sent to one address, and how that went.

import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { toTime } from '../../../api/model';
import { type Delivery, readDeliveries } from '../../../api/notifications';
import { Button } from '../../../design/Button';
import form from '../../../design/form.module.css';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { formatMoment } from '../../../lib/format';
import { paths } from '../../../lib/paths';
import { statusWords } from '../../../lib/status';
import { Reading } from '../../Part';
import styles from '../../Part.module.css';

/** While something is still to be sent. */
const LOOK_EVERY_MS = 2_000;

const COLUMNS = [
  { head: 'Made', cell: ({ createdAt }: Delivery) => <Ago at={toTime(createdAt)} /> },
  {
    head: 'Run',
    cell: ({ runId }: Delivery) =>
      runId ? (
        <Link className="mono" to={paths.run(runId)}>
          {runId}
        </Link>
      ) : (
        'a test'
      ),
  },
  { head: 'Was', cell: ({ status, runId }: Delivery) => (runId ? statusWords(status) : '') },
  { head: 'Tries', kind: 'number' as const, cell: ({ attempts }: Delivery) => attempts },
  {
    head: 'Outcome',
    cell: (delivery: Delivery) => <span data-delivery={delivery.state}>{outcome(delivery)}</span>,
  },
];

export function Deliveries({ notificationId, onClose }: { notificationId: string; onClose: () => void }) {
  const query = useQuery({
    queryKey: ['deliveries', notificationId],
    queryFn: ({ signal }) => readDeliveries(notificationId, signal),
    refetchInterval: ({ state }) =>
      state.data?.deliveries.some((delivery) => delivery.state === 'waiting') ? LOOK_EVERY_MS : false,
  });
  return (
    <section aria-label="Deliveries" className={styles.part}>
      <div className={styles.head}>
        <h3>Deliveries</h3>
        <Button look="bare" onClick={onClose}>
          Close
        </Button>
      </div>
      <Reading of={query} what="deliveries">
        {({ deliveries }) =>
          deliveries.length === 0 ? (
            <p className={form.told}>Nothing was sent there yet.</p>
          ) : (
            <Table
              label="Deliveries"
              columns={COLUMNS}
              rows={deliveries}
              keyOf={({ deliveryId }) => deliveryId}
            />
          )
        }
      </Reading>
    </section>
  );
}

function outcome({ state, responseStatus, error, nextAttemptAt }: Delivery): string {
  if (state === 'delivered') return `delivered${responseStatus ? `, answered ${responseStatus}` : ''}`;
  const why = error ?? (responseStatus ? `answered ${responseStatus}` : '');
  if (state === 'failed') return `given up${why ? `: ${why}` : ''}`;
  const next = toTime(nextAttemptAt);
  return [why || 'waiting', next !== null && `next try ${formatMoment(next)}`].filter(Boolean).join(', ');
}
