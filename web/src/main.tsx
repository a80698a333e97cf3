// Where the page begins: the styles, the data's cache, and the routes.

import './design/base.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router';
import { queryClient } from './api/query-client';
import { leadFromOldAddress } from './lib/old-address';
import { createRouter } from './routes';
import { beginSession } from './session/session';
import { leadWayBack } from './session/way-back';

leadFromOldAddress();
leadWayBack();
beginSession();
const router = createRouter();

const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');

createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
