// The names of what goes over the wire, as /openapi.json describes it. Converted forms are in model.ts.

import type { components } from './schema';

type Schemas = components['schemas'];

export type WireRunSummary = Schemas['RunSummary'];
export type WireRunState = Schemas['RunState'];
export type WireNodeState = Schemas['NodeState'];
export type WireEvent = Schemas['Event'];
export type WireLogLine = Schemas['LogLine'];
export type WireArtifact = Schemas['Artifact'];
export type WireWorkflow = Schemas['WorkflowSummary'];
export type WireWorkflowDetail = Schemas['WorkflowDetail'];
export type RunStatus = Schemas['RunStatus'];
export type NodeStatus = Schemas['NodeStatus'];
export type Level = Schemas['Level'];
export type LogStream = Schemas['LogStream'];
