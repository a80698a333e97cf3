// The organizations of whoever is signed in: the way from one to another, a new one, and why that can't be.

import { chooseOrganization, makeOrganization } from '../api/accounts';
import { holdToken } from '../live/client';
import { toHeld } from './keeper';
import { useBar, useSession } from './session';

const OPEN = 'This server asks nobody to sign in. Organizations come with people who do.';
const NO_USER = 'A token belongs to one organization. Sign in as a person to have others.';
const PERSONAL = 'Your personal organization is yours alone. Go to another one first.';

/**
 * Moves the session, in every tab, and begins anew at `to`: nothing that was read or followed in the organization before may
 * stand beside what is read in this one.
 */
export async function goToOrganization(organizationId: string, to: string): Promise<void> {
  holdToken(toHeld(await chooseOrganization(organizationId), Date.now()));
  location.assign(`/ui${to}`);
}

/** Makes an organization, whose owner is whoever asks, and goes there. */
export async function newOrganization(name: string, to: string): Promise<void> {
  const { organizationId } = await makeOrganization(name);
  await goToOrganization(organizationId, to);
}

/** Why nobody can be invited to the organization that the session is in; null where somebody can. */
export function useInviteBar(): string | null {
  const session = useSession();
  const bar = useBar('owner');
  const here = session?.organization?.organizationId;
  const isPersonal = session?.organizations.some((one) => one.organizationId === here && one.personal);
  return isPersonal ? PERSONAL : bar;
}

/** Why no other organization can be made from here; null where one can. */
export function useNewOrganizationBar(): string | null {
  const session = useSession();
  const bar = useInviteBar();
  if (session?.authentication === 'open') return OPEN;
  return session && !session.user ? NO_USER : bar;
}
