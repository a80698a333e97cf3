// What is shown when a page itself breaks: the reason, and the way on. The rest of the frame stays.

import { isRouteErrorResponse, useRouteError } from 'react-router';
import { Button, ButtonLink } from '../design/Button';
import { Empty } from '../design/Notice';
import { paths } from '../lib/paths';

export function RouteError() {
  const error = useRouteError();
  const actions = (
    <>
      <Button onClick={() => location.reload()}>Load the page again</Button>
      <ButtonLink to={paths.runs()}>All runs</ButtonLink>
    </>
  );
  return (
    <Empty title="This page broke" actions={actions}>
      <p role="alert">{reason(error)}</p>
    </Empty>
  );
}

function reason(error: unknown): string {
  if (isRouteErrorResponse(error)) return `${error.status} ${error.statusText}`;
  return error instanceof Error ? error.message : String(error);
}
