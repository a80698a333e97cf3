// One workflow: its graph, its versions, its runs, and the way to start it.

import { useParams } from 'react-router';
import { paths } from '../../lib/paths';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';

export default function WorkflowPage() {
  const { name = '' } = useParams();
  useCrumbs(
    [
      { label: 'Workflows', to: paths.workflows() },
      { label: name, mono: true },
    ],
    name,
  );
  return (
    <div className={layout.page}>
      <h1>{name}</h1>
    </div>
  );
}
