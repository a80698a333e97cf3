// Who did what, newest first.

import { useInfiniteQuery } from '@tanstack/react-query';
import { type AuditEntry, readAudit } from '../../../api/accounts';
import { toTime } from '../../../api/model';
import { Button } from '../../../design/Button';
import form from '../../../design/form.module.css';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { useBar } from '../../../session/session';
import { Part, Reading } from '../../Part';
import { partWords, who } from './words';

const PAGE = 100;

const COLUMNS = [
  { head: 'When', cell: ({ at }: AuditEntry) => <Ago at={toTime(at)} /> },
  { head: 'Who', cell: ({ actor }: AuditEntry) => who(actor) },
  { head: 'Did', cell: ({ action }: AuditEntry) => action },
  { head: 'To', cell: ({ subject }: AuditEntry) => partWords(subject) },
  { head: 'Details', cell: ({ detail }: AuditEntry) => partWords(detail) },
  { head: 'From', cell: ({ address }: AuditEntry) => address && <span className="mono">{address}</span> },
];

export default function AuditPage() {
  const bar = useBar('owner');
  const query = useInfiniteQuery({
    queryKey: ['audit'],
    enabled: bar === null,
    queryFn: ({ pageParam, signal }) => readAudit(pageParam, PAGE, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  return (
    <Part
      title="Audit log"
      told="Sign-ins and everything that changed who may do what, or what is kept. Nobody can change it."
      bar={bar}
    >
      {bar === null && (
        <Reading of={query} what="audit log">
          {({ pages }) => {
            const entries = pages.flatMap((page) => page.entries);
            if (entries.length === 0) return <p className={form.told}>Nothing was done yet.</p>;
            const rows = entries.map((entry, place) => ({ ...entry, key: `${entry.at} ${place}` }));
            return <Table label="Audit log" columns={COLUMNS} rows={rows} keyOf={({ key }) => key} />;
          }}
        </Reading>
      )}
      {query.hasNextPage && (
        <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Older entries
        </Button>
      )}
    </Part>
  );
}
