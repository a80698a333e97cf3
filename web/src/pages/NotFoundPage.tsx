// An address that leads nowhere.

import { ButtonLink } from '../design/Button';
import { Empty } from '../design/Notice';
import { paths } from '../lib/paths';
import { useCrumbs } from '../shell/crumbs-context';
import layout from './layout.module.css';

export function NotFoundPage() {
  useCrumbs([{ label: 'Not here' }], 'Not here');
  return (
    <div className={layout.page}>
      <h1 className="unseen">Not here</h1>
      <Empty title="Nothing is at this address" actions={<ButtonLink to={paths.runs()}>All runs</ButtonLink>}>
        <p>It may be mistyped, or of a newer version of telltale than this page.</p>
      </Empty>
    </div>
  );
}
