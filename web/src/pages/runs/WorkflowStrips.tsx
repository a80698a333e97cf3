// How each workflow fared lately. A name narrows the list down to it.

import type { Run } from '../../api/model';
import { Ago } from '../../design/Took';
import { RunTicks } from './RunTicks';
import styles from './WorkflowStrips.module.css';

/** As many as fit into two rows of a usual screen; the newest first. */
const SHOWN = 8;
const TICKS = 20;

type Props = {
  runs: readonly Run[];
  chosen: string | null;
  onChoose: (workflow: string | null) => void;
};

export function WorkflowStrips({ runs, chosen, onChoose }: Props) {
  const groups = byWorkflow(runs).slice(0, SHOWN);
  if (groups.length < 2) return null;
  return (
    <ul className={styles.strips} aria-label="Workflows, and their last runs">
      {groups.map(([workflow, ofIt]) => {
        const isChosen = workflow === chosen;
        return (
          <li key={workflow} className={styles.strip} data-chosen={isChosen || undefined}>
            <button
              type="button"
              className={styles.name}
              aria-pressed={isChosen}
              title={isChosen ? 'Show all workflows' : `Only runs of ${workflow}`}
              onClick={() => onChoose(isChosen ? null : workflow)}
            >
              {workflow}
            </button>
            <span className={styles.when}>
              <Ago at={ofIt[0]?.queuedAt ?? ofIt[0]?.registeredAt ?? null} />
            </span>
            <RunTicks runs={ofIt} count={TICKS} />
          </li>
        );
      })}
    </ul>
  );
}

/** The runs of each named workflow, those of the newest run first. */
export function byWorkflow(runs: readonly Run[]): Array<[string, Run[]]> {
  const groups = new Map<string, Run[]>();
  for (const run of runs) {
    if (run.workflow === null) continue;
    const group = groups.get(run.workflow);
    if (group) group.push(run);
    else groups.set(run.workflow, [run]);
  }
  return [...groups];
}
