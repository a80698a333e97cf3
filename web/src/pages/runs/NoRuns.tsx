// Why the list is empty, and what would change that.

import { Button } from '../../design/Button';
import { Empty } from '../../design/Notice';
import { NO_FILTER, type RunListFilter } from './filter';
import { partsOf } from './filter-words';

type Props = { filter: RunListFilter; onChange: (change: Partial<RunListFilter>) => void };

export function NoRuns({ filter, onChange }: Props) {
  const parts = partsOf(filter);
  if (parts.length === 0) return <NothingYet />;
  const actions = (
    <>
      {parts.map(({ key, words, without }) => (
        <Button key={key} onClick={() => onChange(without)}>
          Clear the filter {words}
        </Button>
      ))}
      {parts.length > 1 && (
        <Button look="primary" onClick={() => onChange(NO_FILTER)}>
          Show all runs
        </Button>
      )}
    </>
  );
  return (
    <Empty
      title={parts.length === 1 ? 'No run fits this filter' : 'No run fits these filters together'}
      actions={actions}
    >
      <p>The list is narrowed down to {parts.map(({ words }) => words).join(', ')}.</p>
    </Empty>
  );
}

function NothingYet() {
  return (
    <Empty title="No runs yet">
      <p>The first one shows up here by itself as soon as it begins. From the terminal:</p>
      <pre>telltale run samples/recon.yaml</pre>
      <p>
        Any other engine sends its events to the API, which is described at <a href="/docs">/docs</a>.
      </p>
    </Empty>
  );
}
