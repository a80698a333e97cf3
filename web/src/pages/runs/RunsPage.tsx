// The history of all runs, newest first.

import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';

export function RunsPage() {
  useCrumbs([{ label: 'Runs' }], 'Runs');
  return (
    <div className={layout.page}>
      <h1>Runs</h1>
    </div>
  );
}
