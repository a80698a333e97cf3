import { cleanup, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { mockApi, refusal, showAt } from '../../lib/test-page';
import { askToken, holdToken, onSession } from '../../live/client';
import { Gate } from '../../session/Gate';
import { keptWayBack, leadWayBack } from '../../session/way-back';
import SignInPage, { safeBack } from './SignInPage';

vi.mock('../../live/client', () => ({ askToken: vi.fn(), holdToken: vi.fn(), onSession: vi.fn() }));

const OUT = { authentication: 'accounts', signedIn: false, user: null, organization: null, role: null };
const SESSION = { ...OUT, organizations: [], openIdConnect: { name: 'Acme' } };
const IN = {
  ...SESSION,
  signedIn: true,
  user: { userId: 'u', email: 'a@b.example', name: null },
  role: 'owner',
};
const ROUTES = [
  { path: '/sign-in', element: <SignInPage /> },
  { path: '*', element: <Gate>inside</Gate> },
];

let token: string | null;

beforeEach(() => {
  token = null;
  vi.mocked(askToken).mockImplementation(async () => token);
  vi.mocked(holdToken).mockImplementation((held) => {
    token = held?.token ?? null;
  });
  vi.mocked(onSession).mockReturnValue(() => true);
});

describe('signing in', () => {
  it('is not asked for where the server asks nobody', async () => {
    mockApi({ 'GET /api/v1/session': { ...SESSION, authentication: 'open' } });
    showAt('/runs/r', ROUTES);
    expect(await screen.findByText('inside')).toBeTruthy();
  });

  it('leads back to where one was', async () => {
    const api = mockApi({
      'GET /api/v1/session': () => (token === null ? SESSION : IN),
      'POST /api/v1/session': { ...IN, accessToken: 'the-token', expiresInSeconds: 600 },
    });
    const router = showAt('/runs/r?tab=events', ROUTES);
    await userEvent.type(await screen.findByLabelText('E-mail'), 'a@b.example');
    await userEvent.type(screen.getByLabelText('Password'), 'correct horse');
    await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByText('inside')).toBeTruthy();
    expect(router.state.location.pathname + router.state.location.search).toBe('/runs/r?tab=events');
    expect(api.of('POST', '/api/v1/session')[0]?.json).toEqual({
      email: 'a@b.example',
      password: 'correct horse',
    });
    expect(token).toBe('the-token');
  });

  it('says why it did not work, and when to try again', async () => {
    const api = mockApi({
      'GET /api/v1/session': SESSION,
      'POST /api/v1/session': refusal(401, 'the e-mail or the password is wrong'),
    });
    showAt('/sign-in', ROUTES);
    await userEvent.type(await screen.findByLabelText('E-mail'), 'a@b.example');
    const press = async () => {
      await userEvent.type(screen.getByLabelText('Password'), 'x');
      await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
    };
    await press();
    await waitFor(() =>
      expect(screen.getByRole('alert').textContent).toContain('The e-mail or the password'),
    );
    const locked = refusal(429, 'locked out');
    locked.headers.set('retry-after', '240');
    api.answers['POST /api/v1/session'] = locked;
    await press();
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Try again in 4 minutes'));
    expect(screen.getByRole('link', { name: 'Sign in with Acme' }).getAttribute('href')).toBe(
      '/api/v1/session/openid',
    );
  });

  it('by a link asks for a password twice, and redeems the link once they are the same', async () => {
    const api = mockApi({
      'GET /api/v1/session': () => (token === null ? SESSION : IN),
      'POST /api/v1/session/link': { ...IN, accessToken: 'the-token', expiresInSeconds: 600 },
    });
    showAt('/sign-in?link=once', ROUTES);
    await userEvent.type(await screen.findByLabelText('New password'), 'correct horse');
    await userEvent.type(screen.getByLabelText('The same again'), 'correct');
    await userEvent.click(screen.getByRole('button', { name: /Keep it/ }));
    expect((await screen.findByRole('alert')).textContent).toContain('not the same');
    await userEvent.type(screen.getByLabelText('The same again'), ' horse');
    await userEvent.click(screen.getByRole('button', { name: /Keep it/ }));
    expect(await screen.findByText('inside')).toBeTruthy();
    expect(api.of('POST', '/api/v1/session/link')[0]?.json).toEqual({
      link: 'once',
      password: 'correct horse',
    });
  });

  it('at another provider keeps the way back, and says when one was not let in there', async () => {
    mockApi({ 'GET /api/v1/session': SESSION });
    showAt('/sign-in?back=/runs/r', ROUTES);
    const link = await screen.findByRole('link', { name: 'Sign in with Acme' });
    link.addEventListener('click', (event) => event.preventDefault());
    await userEvent.click(link);
    expect(keptWayBack()).toBe('/runs/r');
    cleanup();
    showAt('/sign-in?error=openid', ROUTES);
    expect((await screen.findAllByRole('alert')).map(({ textContent }) => textContent).join()).toContain(
      'Acme did not let you in here',
    );
    expect(keptWayBack()).toBe('/runs/r');
    // The server leads whoever was let in to the beginning.
    history.replaceState(null, '', '/ui/');
    leadWayBack();
    expect(location.pathname).toBe('/ui/runs/r');
    expect(keptWayBack()).toBeNull();
  });

  it('leads to no other place than this page', () => {
    for (const back of [null, '//evil.example', '/\\evil.example', 'https://evil.example', '/sign-in?back=/'])
      expect(safeBack(back)).toBe('/');
    expect(safeBack('/runs/a?tab=data')).toBe('/runs/a?tab=data');
  });
});
