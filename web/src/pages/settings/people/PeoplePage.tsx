// Who may sign in, and as what.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeRole, makeLink, type Role, readUsers, removeUser, type User } from '../../../api/accounts';
import { Button } from '../../../design/Button';
import { Confirm } from '../../../design/Dialog';
import form from '../../../design/form.module.css';
import { Select } from '../../../design/Select';
import { Table } from '../../../design/Table';
import { useDeed } from '../../../lib/deed';
import { useInviteBar } from '../../../session/organization';
import { useBar, useSession } from '../../../session/session';
import { Part, Reading } from '../../Part';
import styles from '../../Part.module.css';
import { InviteDialog } from './InviteDialog';
import { LinkDialog } from './LinkDialog';
import { ROLES } from './roles';

const KEY = ['users'];

export default function PeoplePage() {
  const bar = useBar('owner');
  const inviteBar = useInviteBar();
  const session = useSession();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => readUsers(signal),
    enabled: bar === null,
  });
  const { isBusy, said, work } = useDeed();
  const [isInviting, setInviting] = useState(false);
  const [link, setLink] = useState<{ email: string; signInLink: string } | null>(null);
  const [leaving, setLeaving] = useState<User | null>(null);
  const again = () => client.invalidateQueries({ queryKey: KEY });
  const own = session?.user?.userId;
  const newLink = ({ userId, email }: User) =>
    void work(async () => setLink({ email, ...(await makeLink(userId)) }));
  const setRole = (userId: string, role: Role) =>
    void work(async () => {
      await changeRole(userId, role);
      await again();
    });
  const columns = [
    {
      head: 'Person',
      cell: ({ name, email, userId }: User) => (
        <span className={styles.two}>
          <span>
            {name || email}
            {userId === own && <span className={styles.faint}> (you)</span>}
          </span>
          {name && <span className={styles.faint}>{email}</span>}
        </span>
      ),
    },
    {
      head: 'Role',
      cell: ({ userId, email, role }: User) => (
        <Select
          label={`Role of ${email}`}
          isLabelUnseen
          value={role}
          choices={ROLES}
          disabled={bar !== null || isBusy || userId === own}
          title={bar ?? (userId === own ? 'Another owner can change your role.' : undefined)}
          onChange={(next) => setRole(userId, next)}
        />
      ),
    },
    { head: 'State', cell: ({ joined }: User) => (joined ? 'has signed in' : 'is invited') },
    {
      head: 'What can be done',
      kind: 'deeds' as const,
      cell: (user: User) => (
        <>
          <Button
            look="bare"
            aria-label={`A new link for ${user.email}`}
            bar={bar}
            disabled={isBusy}
            onClick={() => newLink(user)}
          >
            New link
          </Button>
          <Button
            look="bare"
            aria-label={`Remove ${user.email}`}
            bar={user.userId === own ? 'You can’t remove yourself.' : bar}
            onClick={() => setLeaving(user)}
          >
            Remove
          </Button>
        </>
      ),
    },
  ];
  return (
    <Part
      title="People"
      told={
        session?.authentication === 'accounts'
          ? `Of ${session.organization?.name ?? 'the organization'}: owners decide who may do what, members run and change things, viewers look.`
          : 'This server asks nobody to sign in. People who are invited here can, as soon as it does.'
      }
      bar={inviteBar}
      deed={
        <Button look="primary" bar={inviteBar} onClick={() => setInviting(true)}>
          Invite somebody
        </Button>
      }
    >
      <p className={form.said} role="alert">
        {said}
      </p>
      {bar === null && (
        <Reading of={query} what="people">
          {({ users }) =>
            users.length === 0 ? (
              <p className={form.told}>Nobody has an account yet.</p>
            ) : (
              <Table label="People" columns={columns} rows={users} keyOf={({ userId }) => userId} />
            )
          }
        </Reading>
      )}
      {link && <LinkDialog {...link} onClose={() => setLink(null)} />}
      {isInviting && <InviteDialog onClose={() => setInviting(false)} onInvited={() => void again()} />}
      <Confirm
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        onConfirm={() =>
          void work(async () => {
            if (leaving) await removeUser(leaving.userId);
            await again();
          })
        }
        title={`Remove ${leaving?.email ?? ''}?`}
        action="Remove"
        keep="Keep the person"
      >
        <p>Open pages and streams of this person end within seconds. What they did stays in the audit log.</p>
      </Confirm>
    </Part>
  );
}
