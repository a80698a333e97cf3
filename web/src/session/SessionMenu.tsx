// Who is signed in and for which organization, and the way out. Nothing where the server asks nobody.

import { useNavigate } from 'react-router';
import { signOut } from '../api/accounts';
import { Button } from '../design/Button';
import { Menu, MenuChoices, MenuItem, MenuLine, MenuNote } from '../design/Menu';
import { paths } from '../lib/paths';
import { goToOrganization } from './organization';
import styles from './SessionMenu.module.css';
import { leave, useSession } from './session';

export function SessionMenu() {
  const session = useSession();
  const navigate = useNavigate();
  if (!session?.signedIn) return null;
  const { user, organization, organizations, role } = session;
  const name = organization?.name ?? user?.email ?? 'signed in';

  async function change(organizationId: string): Promise<void> {
    if (organizationId !== organization?.organizationId) await goToOrganization(organizationId, paths.runs());
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
      {user && (
        <MenuItem onSelect={() => void navigate(paths.settings('organizations'))}>Organizations …</MenuItem>
      )}
      <MenuItem onSelect={() => void out()}>Sign out</MenuItem>
    </Menu>
  );
}
