import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { mockApi, showAt } from '../../lib/test-page';
import ArtifactsPage from './ArtifactsPage';
import { previewKind } from './preview-kind';

vi.mock('../../live/client', () => ({ askToken: vi.fn(), holdToken: vi.fn(), onSession: vi.fn() }));

const artifact = (name: string, mediaType: string) => ({
  artifactId: name,
  runId: 'r',
  workflow: 'w',
  nodeRef: 'n',
  attempt: 1,
  name,
  mediaType,
  bytes: 12,
  sha256: 'abc',
  createdAt: '2026-11-22T10:00:00Z',
});

describe('the library of artifacts', () => {
  it('shows markup as text, and asks for no more than a preview needs', async () => {
    const api = mockApi({
      'GET /api/v1/artifacts': { artifacts: [artifact('evil.html', 'text/html')], nextCursor: null },
      'GET /api/v1/runs/r/artifacts/evil.html': new Response('<script>alert(1)</script>'),
    });
    const router = showAt('/artifacts?workflow=w', [{ path: '/artifacts', element: <ArtifactsPage /> }]);
    await userEvent.click(await screen.findByRole('button', { name: 'evil.html' }));
    expect(await screen.findByText('<script>alert(1)</script>')).toBeTruthy();
    expect(router.state.location.search).toBe('?workflow=w&artifact=evil.html');
    expect(api.of('GET', '/api/v1/artifacts')[0]?.query.get('workflow')).toBe('w');
    expect(api.of('GET', '/api/v1/runs/r/artifacts/evil.html')[0]?.query.get('preview')).toBe('true');
  });

  it('shows pictures as pictures, and never an SVG as one', () => {
    const kind = (name: string, mediaType: string | null, bytes = 1) =>
      previewKind({ name, mediaType, bytes });
    expect(kind('a', 'image/png')).toBe('picture');
    expect(kind('a', 'image/png', 1 << 30)).toBe('none');
    expect(kind('a.svg', 'image/svg+xml')).toBe('text');
    expect(kind('a', 'application/json; charset=utf-8')).toBe('text');
    expect(kind('notes.md', 'application/octet-stream')).toBe('text');
    expect(kind('a.zip', 'application/zip')).toBe('none');
    expect(kind('a.bin', null)).toBe('none');
  });
});
