import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { mockApi, refusal, showAt } from '../../lib/test-page';
import { beginSession } from '../../session/session';
import NotificationsPage from './notifications/NotificationsPage';
import PeoplePage from './people/PeoplePage';
import RetentionPage from './retention/RetentionPage';
import TokensPage from './tokens/TokensPage';

vi.mock('../../live/client', () => ({ askToken: vi.fn(), holdToken: vi.fn(), onSession: vi.fn() }));

const ROUTES = [
  { path: '/people', element: <PeoplePage /> },
  { path: '/tokens', element: <TokensPage /> },
  { path: '/retention', element: <RetentionPage /> },
  { path: '/notifications', element: <NotificationsPage /> },
];
const user = (userId: string, role: string) => ({
  userId,
  email: `${userId}@a.example`,
  name: null,
  role,
  joined: true,
});
const session = (role: string) => ({
  authentication: 'accounts',
  signedIn: true,
  user: { userId: 'me', email: 'me@a.example', name: null },
  organization: null,
  organizations: [],
  openIdConnect: null,
  role,
});

function show(address: string, answers: Parameters<typeof mockApi>[0], role = 'owner') {
  const api = mockApi({ 'GET /api/v1/session': session(role), ...answers });
  const router = showAt(address, ROUTES);
  beginSession();
  return { api, router };
}

describe('people', () => {
  const users = { 'GET /api/v1/users': { users: [user('me', 'owner'), user('you', 'viewer')] } };

  it('are invited by a link that can be copied', async () => {
    const { api } = show('/people', {
      ...users,
      'POST /api/v1/users': { user: user('new', 'member'), signInLink: '/ui/sign-in?link=once' },
    });
    await screen.findByText('you@a.example');
    await userEvent.click(screen.getByRole('button', { name: 'Invite somebody' }));
    await userEvent.type(screen.getByLabelText('E-mail'), 'new@a.example');
    await userEvent.click(screen.getByRole('button', { name: 'Invite' }));
    expect(await screen.findByText(`${location.origin}/ui/sign-in?link=once`)).toBeTruthy();
    expect(api.of('POST', '/api/v1/users')[0]?.json).toEqual({ email: 'new@a.example', role: 'member' });
  });

  it('get another role, and not by themselves', async () => {
    const { api } = show('/people', { ...users, 'PUT /api/v1/users/you': {} });
    await userEvent.selectOptions(await screen.findByLabelText('Role of you@a.example'), 'member');
    await waitFor(() => expect(api.of('PUT', '/api/v1/users/you')[0]?.json).toEqual({ role: 'member' }));
    await waitFor(() =>
      expect(screen.getByLabelText<HTMLSelectElement>('Role of me@a.example').disabled).toBe(true),
    );
  });

  it('are the owners’, and others are told so', async () => {
    show('/people', users, 'viewer');
    expect((await screen.findByRole('note')).textContent).toContain('Only owners');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Invite somebody' }).disabled).toBe(true);
  });
});

describe('tokens', () => {
  it('are made with scopes and limits, and shown once', async () => {
    const { api } = show('/tokens', {
      'GET /api/v1/tokens': { tokens: [] },
      'POST /api/v1/tokens': { tokenId: 't', token: 'tt_secret' },
    });
    await screen.findByText('There is no token yet.');
    await userEvent.click(screen.getByRole('button', { name: 'Make a token' }));
    await userEvent.type(screen.getByLabelText(/^Name/), 'ci');
    await userEvent.click(screen.getByLabelText(/^read:/));
    await userEvent.type(screen.getByLabelText('Only this workflow'), 'recon');
    await userEvent.selectOptions(screen.getByLabelText('Good for'), 'for good');
    await userEvent.click(screen.getByRole('button', { name: 'Make it' }));
    expect(await screen.findByText('tt_secret')).toBeTruthy();
    expect(api.of('POST', '/api/v1/tokens')[0]?.json).toEqual({
      name: 'ci',
      scopes: ['append', 'read'],
      workflow: 'recon',
    });
    await userEvent.click(screen.getByRole('button', { name: 'Done' }));
    await waitFor(() => expect(screen.queryByText('tt_secret')).toBeNull());
  });
});

describe('retention', () => {
  const none = { runs: 0, events: 0, lines: 0, bytes: 0, artifacts: 0 };
  const plan = {
    planId: 'p1',
    what: 'runs',
    runs: 1200,
    events: 9000,
    lines: 50,
    bytes: 2048,
    artifacts: 3,
    createdAt: '2026-11-22T10:00:00Z',
    expiresAt: '2026-11-22T11:00:00Z',
    state: 'planned',
    done: none,
    sample: ['run-old'],
  };
  const answers = {
    'GET /api/v1/retention': { policies: [{ policyId: 'x', workflow: null, keepDays: 90 }] },
    'GET /api/v1/cleanup/plans': { plans: [] },
    'POST /api/v1/cleanup/plans': plan,
    'GET /api/v1/cleanup/plans/p1': plan,
  };

  it('deletes what a plan says once its number is typed', async () => {
    const { api, router } = show('/retention', { ...answers, 'POST /api/v1/cleanup/plans/p1/apply': {} });
    await userEvent.click(await screen.findByRole('button', { name: 'See what would go' }));
    expect(await screen.findByText('1,200 runs would be deleted')).toBeTruthy();
    expect(router.state.location.search).toBe('?plan=p1');
    expect(api.of('POST', '/api/v1/cleanup/plans')[0]?.json).toEqual({ what: 'runs', olderThanDays: 30 });
    const deed = screen.getByRole<HTMLButtonElement>('button', { name: 'Delete 1,200 runs' });
    expect(deed.disabled).toBe(true);
    await userEvent.type(screen.getByLabelText('Type 1200 to confirm'), '1200');
    api.answers['GET /api/v1/cleanup/plans/p1'] = { ...plan, state: 'applied' };
    await userEvent.click(deed);
    expect(await screen.findByText('1,200 runs were deleted')).toBeTruthy();
  });

  it('counts lines and artifacts where results alone would go', async () => {
    const results = { ...plan, what: 'results' };
    show('/retention?plan=p1', { ...answers, 'GET /api/v1/cleanup/plans/p1': results });
    expect(await screen.findByText('53 lines and artifacts would be deleted')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Delete 53 lines and artifacts' })).toBeTruthy();
  });

  it('says when the set has changed since', async () => {
    show('/retention?plan=p1', {
      ...answers,
      'POST /api/v1/cleanup/plans/p1/apply': refusal(409, 'changed', { type: '/problems/plan-changed' }),
    });
    await userEvent.type(await screen.findByLabelText('Type 1200 to confirm'), '1200');
    await userEvent.click(screen.getByRole('button', { name: 'Delete 1,200 runs' }));
    expect(await screen.findByText(/Make a new plan/)).toBeTruthy();
  });

  it('saves policies as a whole, and refuses two for the same workflow', async () => {
    const { api } = show('/retention', { ...answers, 'PUT /api/v1/retention': {} });
    await userEvent.click(await screen.findByRole('button', { name: 'Add a policy' }));
    expect(screen.getByText('There are two policies for all workflows.')).toBeTruthy();
    const added = within(screen.getAllByRole('group')[1] as HTMLElement);
    await userEvent.type(added.getByLabelText(/^Workflow/), 'recon');
    await userEvent.type(added.getByLabelText('Failed ones for days'), '9');
    expect(screen.getByText('The policy for recon says nothing yet.')).toBeTruthy();
    await userEvent.clear(added.getByLabelText('Failed ones for days'));
    await userEvent.type(added.getByLabelText('Output and artifacts for days'), '7');
    await userEvent.type(added.getByLabelText('And always the latest'), '5');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(api.of('PUT', '/api/v1/retention')[0]?.json).toEqual({
        policies: [
          { policyId: 'x', workflow: null, keepDays: 90 },
          { workflow: 'recon', keepLatest: 5, keepResultsDays: 7 },
        ],
      }),
    );
  });
});

describe('notifications', () => {
  const one = {
    notificationId: 'n1',
    url: 'https://hooks.example/in',
    statuses: ['FAILED'],
    workflow: null,
    description: null,
    enabled: true,
  };

  it('are tested, and tell what became of each delivery', async () => {
    const { api } = show('/notifications', {
      'GET /api/v1/notifications': { notifications: [one] },
      'POST /api/v1/notifications/n1/test': {},
      'GET /api/v1/notifications/n1/deliveries': {
        deliveries: [
          {
            deliveryId: 'd1',
            runId: null,
            status: null,
            attempts: 3,
            state: 'failed',
            responseStatus: 500,
            error: null,
            createdAt: '2026-11-22T10:00:00Z',
          },
        ],
      },
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Test' }));
    expect(await screen.findByText('given up: answered 500')).toBeTruthy();
    expect(api.of('POST', '/api/v1/notifications/n1/test')).toHaveLength(1);
  });
});
