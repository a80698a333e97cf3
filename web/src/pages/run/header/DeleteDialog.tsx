// Deletes one run: what would go is said first, and nothing else goes.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { applyPlan, makePlan, type Plan, readPlan } from '../../../api/retention';
import { Button } from '../../../design/Button';
import { Dialog } from '../../../design/Dialog';
import form from '../../../design/form.module.css';
import { Failed, Loading } from '../../../design/Notice';
import { useDeed } from '../../../lib/deed';
import { formatBytes, formatCount } from '../../../lib/format';
import { paths } from '../../../lib/paths';

/** While it is deleted. */
const LOOK_EVERY_MS = 500;

export default function DeleteDialog({ runId, onClose }: { runId: string; onClose: () => void }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const { isBusy, said, work } = useDeed();
  const [isApplied, setApplied] = useState(false);
  const plan = useQuery({
    queryKey: ['plan-of-run', runId],
    queryFn: () => makePlan({ runId }),
    staleTime: 0,
    gcTime: 0,
  });
  const planId = plan.data?.planId;
  const progress = useQuery({
    queryKey: ['plan', planId],
    enabled: isApplied && planId !== undefined,
    queryFn: ({ signal }) => readPlan(planId ?? '', signal),
    refetchInterval: LOOK_EVERY_MS,
  });
  const state = progress.data?.state;
  useEffect(() => {
    if (state !== 'applied') return;
    void client.invalidateQueries({ queryKey: ['runs'] });
    void navigate(paths.runs());
  }, [client, navigate, state]);

  const apply = () =>
    void work(async () => {
      if (planId === undefined) return;
      await applyPlan(planId);
      setApplied(true);
    });
  const foot = (
    <>
      <Button onClick={onClose}>Keep it</Button>
      <Button look="danger" disabled={planId === undefined || isBusy || isApplied} onClick={apply}>
        {isApplied ? 'Deleting …' : 'Delete the run'}
      </Button>
    </>
  );
  return (
    <Dialog open onClose={onClose} title="Delete this run?" foot={foot}>
      {plan.error && <Failed error={plan.error} what="plan" />}
      {plan.isPending && <Loading what="what would go" />}
      {plan.data && <p>{wordsFor(plan.data)}</p>}
      <p className={form.told}>
        This can’t be taken back. A digest and the fact that there was such a run stay.
      </p>
      <p className={form.said} role="alert">
        {said || (state === 'failed' && 'The run could not be deleted to the end.')}
      </p>
    </Dialog>
  );
}

function wordsFor({ events, lines, artifacts, bytes }: Plan): string {
  const parts = [
    `${formatCount(events)} events`,
    `${formatCount(lines)} lines of output`,
    `${formatCount(artifacts)} artifacts`,
  ];
  return `${parts.join(', ')}, ${formatBytes(bytes)} together.`;
}
