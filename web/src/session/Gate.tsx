// Lets pages be drawn when it is known who looks, and leads to signing in where somebody must.

import { type ReactNode, useEffect } from 'react';
import { Navigate, useLocation } from 'react-router';
import { onSignedOut } from '../api/query-client';
import { Failed } from '../design/Notice';
import { paths } from '../lib/paths';
import { doubtSession, isIn, useSessionQuery, watchSession } from './session';

export function Gate({ children }: { children: ReactNode }) {
  const { data, error, refetch } = useSessionQuery();
  const { pathname, search } = useLocation();
  useEffect(() => watchSession(() => location.reload()), []);
  useEffect(() => onSignedOut(doubtSession), []);
  if (data && isIn(data)) return children;
  if (data) return <Navigate to={paths.signIn({ back: `${pathname}${search}` })} replace />;
  if (error) return <Failed error={error} what="session" onRetry={() => void refetch()} />;
  return null;
}
