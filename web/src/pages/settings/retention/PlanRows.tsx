// The plans that were made, and what became of them.

import { useQuery } from '@tanstack/react-query';
import { toTime } from '../../../api/model';
import { type Plan, readPlans } from '../../../api/retention';
import { Button } from '../../../design/Button';
import { Table } from '../../../design/Table';
import { Ago } from '../../../design/Took';
import { Reading } from '../../Part';
import { countWords } from './plan-words';

type Props = { chosen: string | null; onChoose: (planId: string) => void };

export function PlanRows({ chosen, onChoose }: Props) {
  const query = useQuery({ queryKey: ['plans'], queryFn: ({ signal }) => readPlans(signal) });
  const columns = [
    { head: 'Made', cell: ({ createdAt }: Plan) => <Ago at={toTime(createdAt)} /> },
    { head: 'Deletes', cell: countWords },
    { head: 'State', cell: ({ state }: Plan) => state },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: ({ planId, createdAt }: Plan) => (
        <Button look="bare" aria-label={`Show the plan of ${createdAt}`} onClick={() => onChoose(planId)}>
          Show
        </Button>
      ),
    },
  ];
  return (
    <Reading of={query} what="plans">
      {({ plans }) =>
        plans.length > 0 && (
          <Table
            label="Plans"
            columns={columns}
            rows={plans}
            keyOf={({ planId }) => planId}
            chosen={chosen}
          />
        )
      }
    </Reading>
  );
}
