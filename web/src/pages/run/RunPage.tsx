// One run: live while it works, and its history afterwards.
//
// Owns the model for as long as the page is there; everything below reads it. The heavy parts come when they are looked at.

import { Tabs } from '@base-ui/react/tabs';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { useParams } from 'react-router';
import { api, body } from '../../api/client';
import { Failed, Loading } from '../../design/Notice';
import { paths } from '../../lib/paths';
import { type RunFeed, useFeedSnapshot, useRunFeed } from '../../live/run-feed';
import { useCrumbs } from '../../shell/crumbs-context';
import { TABS, type Tab, useRunAddress } from './address';
import { Failure } from './header/Failure';
import { RunHeader } from './header/RunHeader';
import { fetchLinesOf } from './logs/fetch-lines';
import { LogPane } from './logs/LogPane';
import { createRunModel, type RunModel } from './model/run-model';
import { createSelection, SelectionContext } from './model/selection';
import { RunModelContext, useRun } from './model/use-run';
import { NodeHead } from './node/NodeHead';
import { Questions } from './questions/Questions';
import styles from './RunPage.module.css';
import { ReplayBar } from './replay/ReplayBar';

const RunGraph = lazy(() => import('./graph/RunGraph'));
const Timeline = lazy(() => import('./timeline/Timeline'));
const EventsPane = lazy(() => import('./events/EventsPane'));
const DataPane = lazy(() => import('./data/DataPane'));
const ArtifactsPane = lazy(() => import('./artifacts/ArtifactsPane'));

const TAB_WORDS: Readonly<Record<Tab, string>> = {
  logs: 'Output',
  events: 'Events',
  data: 'Data',
  artifacts: 'Artifacts',
};

export default function RunPage() {
  const { runId = '' } = useParams();
  return <OneRun key={runId} runId={runId} />;
}

function OneRun({ runId }: { readonly runId: string }) {
  useCrumbs(
    [
      { label: 'Runs', to: paths.runs() },
      { label: runId, mono: true },
    ],
    runId,
  );
  const [model] = useState(() => createRunModel(runId, fetchLinesOf(runId)));
  const feed = useRunFeed(runId);
  const { data, error, refetch } = useQuery({
    queryKey: ['run', runId],
    queryFn: async ({ signal }) =>
      body(await api.GET('/api/v1/runs/{runId}', { params: { path: { runId } }, signal })),
  });
  useEffect(() => {
    if (data) model.begin(data);
  }, [model, data]);
  useEffect(() => (feed ? model.attach(feed) : undefined), [model, feed]);

  if (error && !data) return <Failed error={error} what="run" onRetry={() => void refetch()} />;
  if (!data) return <Loading what="the run" />;
  return (
    <RunModelContext value={model}>
      <Page model={model} feed={feed} />
    </RunModelContext>
  );
}

function Page({ feed }: { readonly model: RunModel; readonly feed: RunFeed | null }) {
  const [{ node }, change] = useRunAddress();
  const selection = useMemo(
    () => createSelection((nodeRef) => change({ node: nodeRef, attempt: null, line: null })),
    [change],
  );
  useEffect(() => selection.setChosen(node), [selection, node]);
  return (
    <SelectionContext value={selection}>
      <div className={styles.page}>
        <RunHeader />
        <FeedWords feed={feed} />
        <Failure />
        <Questions />
        <ReplayBar />
        <div className={styles.work}>
          <Picture />
          <Detail />
        </div>
      </div>
    </SelectionContext>
  );
}

/** What happened to the connection that is worth a line: everything else is the bar's. */
function FeedWords({ feed }: { readonly feed: RunFeed | null }) {
  const snapshot = useFeedSnapshot(feed);
  if (!snapshot?.refusal && !snapshot?.reset) return null;
  return (
    <p className={styles.feed} role="status">
      {snapshot.refusal
        ? `The server gives no events of this run: ${snapshot.refusal.detail}`
        : `The history begins anew at event ${snapshot.reset?.fromSeq}: ${snapshot.reset?.reason}`}
    </p>
  );
}

/** The run as a picture: its graph, and below it the same nodes over time. */
function Picture() {
  const count = useRun(({ nodeRefs }) => nodeRefs.length);
  return (
    <div className={styles.picture}>
      <div className={styles.graph}>
        {count === 0 ? (
          <p className={styles.none}>No node is known yet.</p>
        ) : (
          <Suspense fallback={<Loading what="the graph" />}>
            <RunGraph />
          </Suspense>
        )}
      </div>
      <div className={styles.timeline}>
        <Suspense fallback={<Loading what="the timeline" />}>
          <Timeline />
        </Suspense>
      </div>
    </div>
  );
}

function Detail() {
  const [{ tab, node }, change] = useRunAddress();
  return (
    <div className={styles.detail}>
      {node !== undefined && <NodeHead nodeRef={node} />}
      <Tabs.Root
        value={tab}
        onValueChange={(value) => change({ tab: String(value) })}
        className={styles.tabs}
      >
        <Tabs.List className={styles.tabList} aria-label={node === undefined ? 'Of the run' : `Of ${node}`}>
          {TABS.map((name) => (
            <Tabs.Tab key={name} value={name} className={styles.tab}>
              {TAB_WORDS[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={tab} className={styles.panel}>
          <Suspense fallback={<Loading what={TAB_WORDS[tab].toLowerCase()} />}>
            {tab === 'logs' && <LogPane />}
            {tab === 'events' && <EventsPane />}
            {tab === 'data' && <DataPane />}
            {tab === 'artifacts' && <ArtifactsPane />}
          </Suspense>
        </Tabs.Panel>
      </Tabs.Root>
    </div>
  );
}
