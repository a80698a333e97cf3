// Where somebody was before they left for another site to sign in there: kept by the tab, and gone back to once.

const KEY = 'telltale-way-back';
const START = /^\/ui\/?$/;

/** `back` is an address of the page, relative to /ui. */
export const keepWayBack = (back: string): void => sessionStorage.setItem(KEY, back);

/** What is kept; null where nothing is. */
export const keptWayBack = (): string | null => sessionStorage.getItem(KEY);

export const dropWayBack = (): void => sessionStorage.removeItem(KEY);

/** The server leads whoever has signed in to the page's beginning; from there the way goes on. */
export function leadWayBack(): void {
  if (!START.test(location.pathname) || location.search !== '') return;
  const back = keptWayBack();
  dropWayBack();
  if (back !== null) history.replaceState(null, '', `/ui${back}`);
}
