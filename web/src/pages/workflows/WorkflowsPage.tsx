// All workflows that the server has stored.

import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';

export default function WorkflowsPage() {
  useCrumbs([{ label: 'Workflows' }], 'Workflows');
  return (
    <div className={layout.page}>
      <h1>Workflows</h1>
    </div>
  );
}
