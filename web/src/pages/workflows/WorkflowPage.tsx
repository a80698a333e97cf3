// One workflow: its graph, its text, its versions, its runs, and the way to start it.

import { lazy, Suspense } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { toTime } from '../../api/model';
import type { WireWorkflowDetail } from '../../api/wire';
import { Button } from '../../design/Button';
import { Chip } from '../../design/Chip';
import { Failed, Loading } from '../../design/Notice';
import { Ago } from '../../design/Took';
import { paths } from '../../lib/paths';
import { useCrumbs } from '../../shell/crumbs-context';
import layout from '../layout.module.css';
import { StartDialog } from './StartDialog';
import { Statistics } from './statistics/Statistics';
import { Schedules } from './triggers/Schedules';
import { Webhooks } from './triggers/Webhooks';
import { useWorkflow } from './use-workflow';
import { VersionMenu } from './VersionMenu';
import styles from './WorkflowPage.module.css';
import { WorkflowRuns } from './WorkflowRuns';

const WorkflowGraph = lazy(() => import('./WorkflowGraph'));

export default function WorkflowPage() {
  const { name = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const version = Number(params.get('version')) || null;
  const { data, error, refetch } = useWorkflow(name, version);
  useCrumbs(
    [
      { label: 'Workflows', to: paths.workflows() },
      { label: name, mono: true },
    ],
    name,
  );
  const change = (part: Record<string, string | null>) =>
    setParams((before) => {
      const next = new URLSearchParams(before);
      for (const [key, value] of Object.entries(part)) {
        if (value === null) next.delete(key);
        else next.set(key, value);
      }
      return next;
    });
  return (
    <div className={layout.page}>
      <div className={layout.head}>
        <h1>{name}</h1>
        {data && <Head workflow={data} onChange={change} />}
      </div>
      {error && <Failed error={error} what="workflow" onRetry={() => void refetch()} />}
      {data === undefined && !error && <Loading what="the workflow" />}
      {data === null && (
        <p className={styles.told}>
          This server has no definition of this workflow: its runs are executed and told of elsewhere.
        </p>
      )}
      {data && <Definition workflow={data} />}
      {data && (
        <StartDialog
          key={`${data.name} ${data.version}`}
          workflow={data}
          open={params.has('start')}
          onClose={() => change({ start: null })}
        />
      )}
      {data !== undefined && (
        <>
          <Statistics workflow={name} />
          {data && !data.deleted && <Schedules workflow={name} />}
          {data && !data.deleted && <Webhooks workflow={name} />}
        </>
      )}
      <WorkflowRuns workflow={name} />
    </div>
  );
}

type HeadProps = {
  workflow: WireWorkflowDetail;
  onChange: (part: Record<string, string | null>) => void;
};

function Head({ workflow, onChange }: HeadProps) {
  const { name, version, latestVersion, deleted, fault, engines } = workflow;
  return (
    <>
      <VersionMenu
        name={name}
        version={version}
        latest={latestVersion}
        onChoose={(chosen) => onChange({ version: chosen === latestVersion ? null : String(chosen) })}
      />
      <span className={styles.told}>
        stored <Ago at={toTime(workflow.versionCreatedAt)} />
      </span>
      {deleted && <Chip>deleted: it starts nothing any more</Chip>}
      {engines?.map((engine) => (
        <Chip key={engine} title="What a worker must have">
          {engine}
        </Chip>
      ))}
      {workflow.concurrency && <Chip>at most {workflow.concurrency} at once</Chip>}
      {!deleted && !fault && (
        <Button look="primary" className={styles.start} onClick={() => onChange({ start: '' })}>
          Start a run
        </Button>
      )}
    </>
  );
}

function Definition({ workflow }: { workflow: WireWorkflowDetail }) {
  const { description, fault, nodes, source } = workflow;
  return (
    <>
      {description && <p className={styles.description}>{description}</p>}
      {fault && (
        <p className={styles.fault} role="alert">
          This server cannot read this version: {fault}
        </p>
      )}
      <div className={styles.definition}>
        {nodes && (
          <div className={styles.graph}>
            <Suspense fallback={<Loading what="the graph" />}>
              <WorkflowGraph nodes={nodes} />
            </Suspense>
          </div>
        )}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section className={styles.source} tabIndex={0} aria-label="The workflow's text">
          <pre>{source}</pre>
        </section>
      </div>
    </>
  );
}
