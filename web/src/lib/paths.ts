// Every address inside the page is made here, and nowhere else. They are relative to /ui.

type Search = Record<string, string | number | null | undefined>;

function withSearch(path: string, search: Search = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== null && value !== undefined && value !== '') params.append(name, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

const part = encodeURIComponent;

export type SettingsArea = 'people' | 'organizations' | 'tokens' | 'audit' | 'retention' | 'notifications';

export const paths = {
  runs: (search?: Search) => withSearch('/', search),
  run: (runId: string, search?: Search) => withSearch(`/runs/${part(runId)}`, search),
  workflows: () => '/workflows',
  workflow: (name: string, search?: Search) => withSearch(`/workflows/${part(name)}`, search),
  artifacts: (search?: Search) => withSearch('/artifacts', search),
  compare: (search?: Search) => withSearch('/compare', search),
  settings: (area?: SettingsArea) => (area ? `/settings/${area}` : '/settings'),
  signIn: (search?: Search) => withSearch('/sign-in', search),
};

/** Addresses of the API that the browser follows itself: downloads, and links for people with curl. */
export const apiPaths = {
  run: (runId: string) => `/api/v1/runs/${part(runId)}`,
  logDownload: (runId: string, search?: Search) =>
    withSearch(`/api/v1/runs/${part(runId)}/logs/download`, search),
  events: (runId: string) => `/api/v1/runs/${part(runId)}/events?limit=5000`,
  snapshot: (runId: string) => `/api/v1/runs/${part(runId)}/snapshot`,
  bundle: (runId: string, search?: Search) => withSearch(`/api/v1/runs/${part(runId)}/bundle`, search),
  artifact: (runId: string, artifactId: string) =>
    `/api/v1/runs/${part(runId)}/artifacts/${part(artifactId)}`,
};
