// Addresses of the first page, /ui/#/runs/ID, lead to what they named.

import { paths } from './paths';

/** The address that an old hash stands for, or null where it is none. */
export function newAddress(hash: string): string | null {
  if (!hash.startsWith('#/')) return null;
  const [path = '', search = ''] = hash.slice(2).split('?');
  const [kind, id] = path.split('/');
  const query = search && `?${search}`;
  if (kind === 'runs' && id) return `/ui${paths.run(decodeURIComponent(id))}${query}`;
  return `/ui${paths.runs()}${query}`;
}

export function leadFromOldAddress(): void {
  const address = newAddress(location.hash);
  if (address) history.replaceState(null, '', address);
}
