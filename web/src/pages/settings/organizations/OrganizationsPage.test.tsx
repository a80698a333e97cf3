import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mockApi, showAt } from '../../../lib/test-page';
import { holdToken } from '../../../live/client';
import { beginSession } from '../../../session/session';
import PeoplePage from '../people/PeoplePage';
import OrganizationsPage from './OrganizationsPage';

vi.mock('../../../live/client', () => ({ askToken: vi.fn(), holdToken: vi.fn(), onSession: vi.fn() }));

const ROUTES = [
  { path: '/organizations', element: <OrganizationsPage /> },
  { path: '/people', element: <PeoplePage /> },
];
const OURS = { organizationId: 'ours', name: 'Ours', role: 'owner', personal: false };
const OWN = { organizationId: 'own', name: 'me@a.example', role: 'owner', personal: true };
const session = (here: { organizationId: string; name: string }, role = 'owner') => ({
  authentication: 'accounts',
  signedIn: true,
  user: { userId: 'me', email: 'me@a.example', name: null },
  organization: { organizationId: here.organizationId, name: here.name },
  organizations: [OURS, OWN],
  openIdConnect: null,
  role,
});

function show(address: string, answers: Parameters<typeof mockApi>[0]) {
  const assign = vi.fn();
  vi.stubGlobal('location', Object.assign(new URL(location.href), { assign }));
  const api = mockApi(answers);
  showAt(address, ROUTES);
  beginSession();
  return { api, assign };
}

afterEach(() => vi.unstubAllGlobals());

describe('organizations', () => {
  it('are those that one belongs to, and the session goes to another for all tabs', async () => {
    const { api, assign } = show('/organizations', {
      'GET /api/v1/session': session(OURS),
      'PUT /api/v1/session/organization': { accessToken: 'for-own', expiresInSeconds: 600 },
    });
    const here = await screen.findByRole<HTMLButtonElement>('button', { name: 'Go to Ours' });
    expect(here.disabled).toBe(true);
    await userEvent.click(screen.getByRole('button', { name: 'Go to me@a.example' }));
    await waitFor(() => expect(assign).toHaveBeenCalledWith('/ui/'));
    expect(api.of('PUT', '/api/v1/session/organization')[0]?.json).toEqual({ organizationId: 'own' });
    expect(vi.mocked(holdToken).mock.lastCall?.[0]?.token).toBe('for-own');
  });

  it('are made by their owner, who goes there and to its people', async () => {
    const { api, assign } = show('/organizations', {
      'GET /api/v1/session': session(OURS),
      'POST /api/v1/organizations': { organizationId: 'new', name: 'Acme' },
      'PUT /api/v1/session/organization': { accessToken: 'for-new', expiresInSeconds: 600 },
    });
    await screen.findByRole('button', { name: 'Go to Ours' });
    await userEvent.click(screen.getByRole('button', { name: 'Make an organization' }));
    await userEvent.type(screen.getByLabelText('Name'), ' Acme ');
    await userEvent.click(screen.getByRole('button', { name: 'Make it and go there' }));
    await waitFor(() => expect(assign).toHaveBeenCalledWith('/ui/settings/people'));
    expect(api.of('POST', '/api/v1/organizations')[0]?.json).toEqual({ name: 'Acme' });
    expect(api.of('PUT', '/api/v1/session/organization')[0]?.json).toEqual({ organizationId: 'new' });
  });

  it('that are personal take nobody in, and say so', async () => {
    show('/people', { 'GET /api/v1/session': session(OWN), 'GET /api/v1/users': { users: [] } });
    expect((await screen.findByRole('note')).textContent).toContain('yours alone');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Invite somebody' }).disabled).toBe(true);
  });

  it('are not made by viewers', async () => {
    show('/organizations', { 'GET /api/v1/session': session(OURS, 'viewer') });
    expect((await screen.findByRole('note')).textContent).toContain('Only owners');
  });

  it('are for servers that ask people to sign in', async () => {
    show('/organizations', { 'GET /api/v1/session': { ...session(OURS), authentication: 'open' } });
    expect((await screen.findByText(/asks nobody to sign in/)).getAttribute('role')).toBe('note');
  });
});
