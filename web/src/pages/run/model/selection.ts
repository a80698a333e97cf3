// Which node is chosen, and which one the pointer is over: told to the cards themselves, so that the others are left in peace.

import { createContext, use, useSyncExternalStore } from 'react';
import { createChanges } from '../logs/line-source';

export interface Selection {
  readonly chosen: () => string | undefined;
  readonly setChosen: (nodeRef: string | undefined) => void;
  readonly pointed: () => Pointed | undefined;
  readonly setPointed: (pointed: Pointed | undefined) => void;
  readonly subscribe: (listener: () => void) => () => void;
  /** Asks the page to choose a node, or none. */
  readonly choose: (nodeRef: string | undefined) => void;
}

export interface Pointed {
  readonly nodeRef: string;
  readonly box: DOMRect;
}

export function createSelection(choose: (nodeRef: string | undefined) => void): Selection {
  const changes = createChanges();
  let chosen: string | undefined;
  let pointed: Pointed | undefined;
  return {
    choose,
    chosen: () => chosen,
    setChosen(nodeRef) {
      if (chosen === nodeRef) return;
      chosen = nodeRef;
      changes.tell();
    },
    pointed: () => pointed,
    setPointed(next) {
      pointed = next;
      changes.tell();
    },
    subscribe: changes.subscribe,
  };
}

export const SelectionContext = createContext<Selection | null>(null);

export function useSelection(): Selection {
  const selection = use(SelectionContext);
  if (!selection) throw new Error('there is no selection around this component');
  return selection;
}

export function useIsChosen(nodeRef: string): boolean {
  const selection = useSelection();
  return useSyncExternalStore(selection.subscribe, () => selection.chosen() === nodeRef);
}

export function usePointed(): Pointed | undefined {
  const selection = useSelection();
  return useSyncExternalStore(selection.subscribe, selection.pointed);
}
