// What is kept for how long, and deleting by hand: a plan is made, looked at, and confirmed by its number.

import { useSearchParams } from 'react-router';
import { useBar } from '../../../session/session';
import { Part } from '../../Part';
import { CleanupForm } from './CleanupForm';
import { PlanPanel } from './PlanPanel';
import { PlanRows } from './PlanRows';
import { PolicyForm } from './PolicyForm';

export default function RetentionPage() {
  const ownerBar = useBar('owner');
  const memberBar = useBar('member');
  const [params, setParams] = useSearchParams();
  const planId = params.get('plan');
  const show = (next: string | null) => setParams(next === null ? {} : { plan: next });
  return (
    <>
      <Part
        title="Policies"
        told="What is older is deleted by itself, in small steps. A run that goes on is never deleted; of what is deleted, a digest and a tombstone stay."
        bar={ownerBar}
      >
        <PolicyForm bar={ownerBar} />
      </Part>
      <Part
        title="Clean up"
        told="A plan says first what would go. Nothing is deleted before you confirm it, and nothing else than what the plan says."
        bar={ownerBar === null ? memberBar : null}
      >
        <CleanupForm bar={memberBar} onPlanned={show} />
        {planId !== null && (
          <PlanPanel key={planId} planId={planId} bar={memberBar} onClose={() => show(null)} />
        )}
        <PlanRows chosen={planId} onChoose={show} />
      </Part>
    </>
  );
}
