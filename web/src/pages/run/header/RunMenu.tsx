// What is done to a run seldom: exported, compared, deleted.

import { lazy, Suspense, useState } from 'react';
import { useNavigate } from 'react-router';
import { Button } from '../../../design/Button';
import { Menu, MenuItem, MenuLine, MenuNote } from '../../../design/Menu';
import { statusOf } from '../../../fold/run';
import { isTerminal } from '../../../fold/words';
import { fileName } from '../../../lib/file-name';
import { apiPaths, paths } from '../../../lib/paths';
import { startDownload } from '../../../session/Download';
import { useBar } from '../../../session/session';
import { useModel, useRun } from '../model/use-run';

const DeleteDialog = lazy(() => import('./DeleteDialog'));

export function RunMenu() {
  const { runId } = useModel();
  const navigate = useNavigate();
  const bar = useBar('member');
  const isOver = useRun(({ run }) => isTerminal(statusOf(run)));
  const [isDeleting, setDeleting] = useState(false);
  const name = fileName(runId);
  const take = (href: string, as: string) => void startDownload(href, as);
  return (
    <>
      <Menu trigger={<Button>Export and more</Button>}>
        <MenuItem onSelect={() => take(apiPaths.bundle(runId), `${name}.telltale`)}>
          Bundle: everything, in one file
        </MenuItem>
        <MenuItem onSelect={() => take(apiPaths.bundle(runId, { html: 'true' }), `${name}.html`)}>
          A page that opens without a server
        </MenuItem>
        <MenuItem onSelect={() => take(apiPaths.snapshot(runId), `${name}.snapshot.json`)}>
          Snapshot: its normalised timeline
        </MenuItem>
        <MenuLine />
        <MenuItem onSelect={() => void navigate(paths.compare({ a: runId }))}>
          Compare with another run …
        </MenuItem>
        <MenuLine />
        <MenuItem danger disabled={!isOver || bar !== null} onSelect={() => setDeleting(true)}>
          Delete the run …
        </MenuItem>
        {!isOver && <MenuNote>A run that goes on can’t be deleted.</MenuNote>}
        {bar && <MenuNote>{bar}</MenuNote>}
      </Menu>
      <Suspense>{isDeleting && <DeleteDialog runId={runId} onClose={() => setDeleting(false)} />}</Suspense>
    </>
  );
}
