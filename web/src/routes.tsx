// Which page stands at which address. Only the list of runs comes with the first load; the others when they are opened.

import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { paths } from './lib/paths';
import { NotFoundPage } from './pages/NotFoundPage';
import { RunsPage } from './pages/runs/RunsPage';
import { Gate } from './session/Gate';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';

export const routes: RouteObject[] = [
  {
    path: '/sign-in',
    errorElement: <RouteError />,
    HydrateFallback: () => null,
    lazy: () => import('./pages/sign-in/SignInPage').then(asComponent),
  },
  {
    path: '/',
    element: (
      <Gate>
        <Shell />
      </Gate>
    ),
    errorElement: <RouteError />,
    // While the first page's own script is on its way: nothing, since it comes at once or not at all.
    HydrateFallback: () => null,
    children: [
      {
        errorElement: <RouteError />,
        children: [
          { index: true, element: <RunsPage /> },
          { path: 'runs/:runId', lazy: () => import('./pages/run/RunPage').then(asComponent) },
          { path: 'workflows', lazy: () => import('./pages/workflows/WorkflowsPage').then(asComponent) },
          { path: 'workflows/:name', lazy: () => import('./pages/workflows/WorkflowPage').then(asComponent) },
          { path: 'artifacts', lazy: () => import('./pages/artifacts/ArtifactsPage').then(asComponent) },
          { path: 'compare', lazy: () => import('./pages/compare/ComparePage').then(asComponent) },
          {
            path: 'settings',
            lazy: () => import('./pages/settings/SettingsPage').then(asComponent),
            children: [
              { index: true, element: <Navigate to={paths.settings('people')} replace /> },
              { path: 'people', lazy: () => import('./pages/settings/people/PeoplePage').then(asComponent) },
              {
                path: 'organizations',
                lazy: () => import('./pages/settings/organizations/OrganizationsPage').then(asComponent),
              },
              { path: 'tokens', lazy: () => import('./pages/settings/tokens/TokensPage').then(asComponent) },
              { path: 'audit', lazy: () => import('./pages/settings/audit/AuditPage').then(asComponent) },
              {
                path: 'retention',
                lazy: () => import('./pages/settings/retention/RetentionPage').then(asComponent),
              },
              {
                path: 'notifications',
                lazy: () => import('./pages/settings/notifications/NotificationsPage').then(asComponent),
              },
            ],
          },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
];

function asComponent(module: { default: React.ComponentType }) {
  return { Component: module.default };
}

/** It begins at the address as it is now. */
export const createRouter = () => createBrowserRouter(routes, { basename: '/ui' });
