// Who is signed in and for which organization, and the way out. Nothing where the server asks nobody.

import { useNavigate } from 'react-router';
import { chooseOrganization, signOut } from '../api/accounts';
import { Button } from '../design/Button';
import { Menu, MenuChoices, MenuItem, MenuLine, MenuNote } from '../design/Menu';
import { paths } from '../lib/paths';
import styles from './SessionMenu.module.css';
import { enter, leave, useSession } from './session';

export function SessionMenu() {
  const session = useSession();
  const navigate = useNavigate();
  if (!session?.signedIn) return null;
  const { user, organization, organizations, role } = session;
  const name = organization?.name ?? user?.email ?? 'signed in';

  async function change(organizationId: string): Promise<void> {
    if (organizationId === organization?.organizationId) return;
    enter(await chooseOrganization(organizationId));
    // What is shown may be the other organization's; its list of runs is there for everyone.
    await navigate(paths.runs());
  }
  async function out(): Promise<void> {
    // The cookie goes first; without an answer the session is left all the same.
    await signOut().catch(() => {});
    leave();
    await navigate(paths.signIn());
  }

  const trigger = (
    <Button look="bare" className={styles.who ?? ''} aria-label={`Account: ${name}`}>
      <span className={styles.name}>{name}</span>
    </Button>
  );
  return (
    <Menu trigger={trigger}>
      {user && (
        <MenuNote>{`${user.name ? `${user.name}, ` : ''}${user.email}${role ? `, ${role}` : ''}`}</MenuNote>
      )}
      {organizations.length > 1 && (
        <>
          <MenuChoices
            label="Organization"
            value={organization?.organizationId ?? ''}
            choices={organizations.map(({ organizationId, name }) => ({
              value: organizationId,
              label: name,
            }))}
            onChange={(id) => void change(id)}
          />
          <MenuLine />
        </>
      )}
      <MenuItem onSelect={() => void out()}>Sign out</MenuItem>
    </Menu>
  );
}
