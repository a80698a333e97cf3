//! Stored workflows: put, list, look at, delete, start.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::app::SharedApp;
use super::body::{self, YamlOrJson};
use super::cursor::{parse_workflows_cursor, workflows_cursor};
use super::endpoint::{Call, Head};
use super::fields::Fields;
use super::problem::Problem;
use super::{Response, new_run, runs, schema};
use crate::facts::id::OrganizationId;
use crate::facts::status::RunStatus;
use crate::facts::time::Timestamp;
use crate::flow::definition::{self, DefinitionFaults, NodeSummary};
use crate::store::workflows::{self, ListedVersion, ListedWorkflow, NewVersion, Stored, StoredWorkflow};
use crate::store::{clock, db::DbError};

/// Largest page of workflows or versions, and the one that is given unasked.
const PAGE_MAX: u32 = 200;
const PAGE: u32 = 50;
/// Longest name: what the column and an event of a run allow.
const NAME_MAX_BYTES: usize = 256;
/// Longest text to look for in the list.
const SEARCH_MAX_BYTES: usize = 256;

/// A workflow's text, where it does not come as YAML itself.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes what is read field by field")]
pub struct NewWorkflow {
    /// The YAML.
    source: String,
}

/// A workflow with one of its versions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowDetail {
    pub name: String,
    pub version: i32,
    pub latest_version: i32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its latest version was stored.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub version_created_at: Timestamp,
    /// It starts nothing any more.
    pub deleted: bool,
    /// The text as it was stored.
    pub source: String,
    /// What is wrong with the text as this server reads it; everything below is missing then.
    pub fault: Option<String>,
    #[serde(flatten)]
    pub parsed: Option<ParsedWorkflow>,
}

/// What a workflow's text says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ParsedWorkflow {
    pub description: Option<String>,
    pub priority: i32,
    pub concurrency: Option<i32>,
    /// What a worker must have.
    pub engines: Vec<String>,
    /// The JSON Schema of a run's inputs.
    #[schema(value_type = Object)]
    pub inputs: serde_json::Value,
    pub nodes: Vec<NodeSummary>,
}

/// A workflow in the list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSummary {
    pub name: String,
    pub version: i32,
    pub description: Option<String>,
    pub node_count: i32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    pub last_run: Option<LastRun>,
    pub counts: QueueCounts,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastRun {
    pub run_id: String,
    pub status: RunStatus,
}

/// Runs of a workflow that this installation's workers execute and that are not over.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueCounts {
    /// They wait for a worker …
    pub waiting: u64,
    /// … or have one.
    pub claimed: u64,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowPage {
    pub workflows: Vec<WorkflowSummary>,
    /// Null on the last page.
    pub next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionSummary {
    pub version: i32,
    pub description: Option<String>,
    pub node_count: i32,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionPage {
    pub versions: Vec<VersionSummary>,
    /// `before` of the next page; null on the last one.
    pub next_before: Option<i32>,
}

/// PUT /api/v1/workflows/{name}
pub async fn put(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = new_name(&call.head)?;
    let source = match body::read_yaml_or_json(&app.bodies, &call.head.headers, call.chunks).await? {
        YamlOrJson::Yaml(body) => String::from_utf8(body.bytes.clone())
            .map_err(|_| Problem::invalid_at("", "the body is not UTF-8"))?,
        YamlOrJson::Json(body) => source_of(Fields::of(&body)?)?,
    };
    if source.contains('\0') {
        return Err(Problem::invalid_at("", "holds U+0000"));
    }
    let parsed = definition::parse(&name, &source)?;
    let new = NewVersion {
        name: &name,
        source: &source,
        description: parsed.description(),
        node_count: i32::try_from(parsed.node_count()).unwrap_or(i32::MAX),
    };
    let stored = workflows::put(&app.core.db, call.head.organization(), new, clock::now()).await?;
    let (version, status) = match stored {
        Stored::Added(version) => (version, StatusCode::CREATED),
        Stored::Unchanged(version) => (version, StatusCode::OK),
    };
    let found = find(&app, call.head.organization(), &name, Some(version)).await?;
    let mut response = schema::json(&detail(name, found));
    *response.status_mut() = status;
    Ok(response)
}

fn source_of(mut fields: Fields) -> Result<String, Problem> {
    let source = fields.required::<String>("source", "a text");
    fields.check()?;
    Ok(source.unwrap_or_default())
}

/// GET /api/v1/workflows
pub async fn list(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(PAGE_MAX, PAGE);
    let before = match query.text("cursor") {
        Some(text) => Some(parse_workflows_cursor(text)?),
        None => None,
    };
    let text = query.text("q").map(str::to_owned);
    if text.as_ref().is_some_and(|text| text.len() > SEARCH_MAX_BYTES || text.contains('\0')) {
        query.fault("q", format!("is longer than {SEARCH_MAX_BYTES} bytes or holds U+0000"));
    }
    query.check()?;
    let (db, organization) = (&call.head.db(&app), call.head.organization());
    // One more than asked for tells whether there is another page.
    let mut page = workflows::list(db, organization, before.as_ref(), text.as_deref(), limit + 1).await?;
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let last = page.last().filter(|_| has_more);
    let next_cursor = last.map(|workflow| workflows_cursor(workflow.updated_at, &workflow.name));
    let workflows = page.into_iter().map(WorkflowSummary::from).collect();
    Ok(schema::json(&WorkflowPage { workflows, next_cursor }))
}

/// GET /api/v1/workflows/{name}
pub async fn show(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = name(&call.head)?;
    let found = find(&app, call.head.organization(), &name, None).await?;
    if found.is_deleted {
        return Err(no_such_workflow());
    }
    Ok(schema::json(&detail(name, found)))
}

/// GET /api/v1/workflows/{name}/versions
pub async fn versions(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let mut query = call.head.query();
    let limit = query.limit(PAGE_MAX, PAGE);
    let before = query.number("before", 1..=i32::MAX.unsigned_abs().into());
    query.check()?;
    let before = before.and_then(|before| i32::try_from(before).ok());
    let name = name(&call.head)?;
    let (db, organization) = (&call.head.db(&app), call.head.organization());
    let mut page = workflows::versions(db, organization, &name, before, limit + 1).await?;
    if page.is_empty() && before.is_none() {
        return Err(no_such_workflow());
    }
    let has_more = page.len() > limit as usize;
    page.truncate(limit as usize);
    let next_before = page.last().filter(|_| has_more).map(|version| version.version);
    let versions = page.into_iter().map(VersionSummary::from).collect();
    Ok(schema::json(&VersionPage { versions, next_before }))
}

/// GET /api/v1/workflows/{name}/versions/{version}
pub async fn version(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = name(&call.head)?;
    let version = call.head.params.get(1).parse().ok().filter(|version| *version >= 1);
    let found =
        find(&app, call.head.organization(), &name, Some(version.ok_or_else(no_such_workflow)?)).await?;
    Ok(schema::json(&detail(name, found)))
}

/// DELETE /api/v1/workflows/{name}
pub async fn delete(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = name(&call.head)?;
    if !workflows::delete(&app.core.db, call.head.organization(), &name, clock::now()).await? {
        return Err(no_such_workflow());
    }
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// POST /api/v1/workflows/{name}/run
pub async fn run(app: SharedApp, call: Call) -> Result<Response, Problem> {
    let name = name(&call.head)?;
    let key = runs::idempotency_key(&call.head)?;
    let body = body::read_optional(&app.bodies, &call.head.headers, call.chunks).await?;
    let request = new_run::parse_of(&body, &name)?;
    if find(&app, call.head.organization(), &name, None).await?.is_deleted {
        return Err(no_such_workflow());
    }
    runs::begin(&app, call.head.organization(), key.as_deref(), request).await
}

async fn find(
    app: &SharedApp,
    organization: OrganizationId,
    name: &str,
    version: Option<i32>,
) -> Result<StoredWorkflow, Problem> {
    let found: Result<_, DbError> = workflows::find(&app.core.db, organization, name, version).await;
    found?.ok_or_else(no_such_workflow)
}

/// The workflow that the path names, for reading: what can't be stored is not there.
fn name(head: &Head) -> Result<String, Problem> {
    new_name(head).map_err(|_| no_such_workflow())
}

fn new_name(head: &Head) -> Result<String, Problem> {
    let name = head.params.get(0);
    if name.len() > NAME_MAX_BYTES || name.contains('\0') {
        let detail = format!("is not 1 to {NAME_MAX_BYTES} bytes of text without U+0000");
        return Err(Problem::invalid_at("/name", detail));
    }
    Ok(name.to_owned())
}

pub fn no_such_workflow() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such workflow")
}

fn detail(name: String, found: StoredWorkflow) -> WorkflowDetail {
    let (fault, parsed) = match definition::parse(&name, &found.source) {
        Ok(definition) => {
            let parsed = ParsedWorkflow {
                description: definition.description().map(str::to_owned),
                priority: definition.priority(),
                concurrency: definition.concurrency(),
                engines: definition.engines(),
                inputs: definition.inputs_schema(),
                nodes: definition.nodes(),
            };
            (None, Some(parsed))
        }
        Err(faults) => (Some(faults.text), None),
    };
    WorkflowDetail {
        name,
        version: found.version,
        latest_version: found.latest_version,
        created_at: found.created_at,
        updated_at: found.updated_at,
        version_created_at: found.version_created_at,
        deleted: found.is_deleted,
        source: found.source,
        fault,
        parsed,
    }
}

impl From<ListedWorkflow> for WorkflowSummary {
    fn from(listed: ListedWorkflow) -> Self {
        Self {
            name: listed.name,
            version: listed.version,
            description: listed.description,
            node_count: listed.node_count,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
            last_run: listed
                .last_run
                .map(|run| LastRun { run_id: run.run_id.to_string(), status: run.status }),
            counts: QueueCounts { waiting: listed.waiting, claimed: listed.claimed },
        }
    }
}

impl From<ListedVersion> for VersionSummary {
    fn from(listed: ListedVersion) -> Self {
        let ListedVersion { version, created_at, description, node_count } = listed;
        Self { version, description, node_count, created_at }
    }
}

impl From<DefinitionFaults> for Problem {
    fn from(faults: DefinitionFaults) -> Self {
        let mut problem = Self::invalid(faults.faults);
        problem.detail = faults.text;
        problem
    }
}
