// The organizations that whoever looks belongs to, the way between them, and a new one.

import { useState } from 'react';
import type { Membership } from '../../../api/accounts';
import { Button } from '../../../design/Button';
import form from '../../../design/form.module.css';
import { Table } from '../../../design/Table';
import { useDeed } from '../../../lib/deed';
import { paths } from '../../../lib/paths';
import { goToOrganization, useNewOrganizationBar } from '../../../session/organization';
import { useSession } from '../../../session/session';
import { Part } from '../../Part';
import styles from '../../Part.module.css';
import { NewOrganizationDialog } from './NewOrganizationDialog';

export default function OrganizationsPage() {
  const session = useSession();
  const bar = useNewOrganizationBar();
  const { isBusy, said, work } = useDeed();
  const [isMaking, setMaking] = useState(false);
  const here = session?.organization?.organizationId;
  const go = (organizationId: string) => work(() => goToOrganization(organizationId, paths.runs()));
  const columns = [
    {
      head: 'Organization',
      cell: ({ name, organizationId, personal }: Membership) => (
        <span className={styles.two}>
          <span>
            {name}
            {organizationId === here && <span className={styles.faint}> (you are here)</span>}
          </span>
          {personal && <span className={styles.faint}>personal: nobody else can join</span>}
        </span>
      ),
    },
    { head: 'You are', cell: ({ role }: Membership) => role },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: ({ name, organizationId }: Membership) => (
        <Button
          look="bare"
          aria-label={`Go to ${name}`}
          bar={organizationId === here ? 'You are there.' : null}
          disabled={isBusy}
          onClick={() => void go(organizationId)}
        >
          Go there
        </Button>
      ),
    },
  ];
  const organizations = session?.organizations ?? [];
  return (
    <Part
      title="Organizations"
      told="Each has its own runs, workflows, secrets and people. All your tabs are in the same one."
      bar={bar}
      deed={
        <Button look="primary" bar={bar} onClick={() => setMaking(true)}>
          Make an organization
        </Button>
      }
    >
      <p className={form.said} role="alert">
        {said}
      </p>
      {organizations.length > 0 && (
        <Table
          label="Organizations"
          columns={columns}
          rows={organizations}
          keyOf={({ organizationId }) => organizationId}
        />
      )}
      {isMaking && <NewOrganizationDialog onClose={() => setMaking(false)} />}
    </Part>
  );
}
