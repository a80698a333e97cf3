// Hands the caller's card to the frames that React Flow makes.

import { type ComponentType, createContext } from 'react';

export const CardContext = createContext<ComponentType<{ readonly nodeRef: string }> | null>(null);
