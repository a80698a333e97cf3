//! The API's description, OpenAPI 3.1: schemas from the types, paths written by hand beside them.
//!
//! A test holds the paths against the routes, so that neither can go without the other.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::openapi_paths::{self, Operation, Parameter};
use super::{
    artifacts, audit, bundles, claims, cleanup, control, library, notifications, older, openapi_accounts,
    openapi_artifacts, openapi_cleanup, openapi_notifications, openapi_older, openapi_regression,
    openapi_runner, openapi_secrets, openapi_triggers, openapi_workflows, organizations, retention,
    schedules, schema, secrets, session, session_view, statistics, tickets, tokens, users, webhooks,
    workflows,
};
use crate::facts::timeline;
use crate::flow::bundles::Imported;
use crate::flow::views;

/// Named schemas, in the order of their names.
type Schemas = BTreeMap<String, Value>;

/// Bodies that may be left out altogether.
const OPTIONAL_BODIES: [&str; 5] = ["CancelRequest", "RerunRequest", "NodeInput", "NewStart", "NewWebhook"];

/// Every operation, from one list for each part of the API.
fn operations() -> impl Iterator<Item = &'static Operation> {
    [
        openapi_paths::PATHS,
        openapi_artifacts::PATHS,
        openapi_workflows::PATHS,
        openapi_runner::PATHS,
        openapi_secrets::PATHS,
        openapi_regression::PATHS,
        openapi_older::PATHS,
        openapi_cleanup::PATHS,
        openapi_triggers::PATHS,
        openapi_notifications::PATHS,
        openapi_accounts::PATHS,
    ]
    .into_iter()
    .flatten()
}

/// The document as JSON text.
#[must_use]
pub fn document() -> String {
    let mut paths = Map::new();
    for operation in operations() {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method] = describe(operation);
    }
    let document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "telltale",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "The flight recorder and live view for workflow runs. Times are RFC 3339 UTC with microseconds; \
                errors are RFC 9457 problem details; limits count decompressed bytes; bodies may be packed with gzip, br or zstd.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"bearer": []}],
    });
    // A value of maps with text keys: writing it as text does not fail.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn describe(operation: &Operation) -> Value {
    let parameters: Vec<Value> =
        path_parameters(operation.path).chain(operation.parameters.iter().map(parameter)).collect();
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": responses(operation),
    });
    if !operation.description.is_empty() {
        described["description"] = operation.description.into();
    }
    if let Some((name, types)) = operation.body {
        let content: Map<String, Value> = types
            .iter()
            .map(|mime| ((*mime).to_owned(), json!({"schema": body_schema(name, mime)})))
            .collect();
        let required = !OPTIONAL_BODIES.contains(&name);
        described["requestBody"] = json!({"required": required, "content": content});
    }
    described
}

/// A JSON body of events or lines is one of them or a list; NDJSON is one a line.
fn body_schema(name: &str, mime: &str) -> Value {
    // A file is whatever it is.
    if name.is_empty() {
        return json!({});
    }
    let one = json!({"$ref": format!("#/components/schemas/{name}")});
    let may_be_list = matches!(name, "NewEvent" | "NewLogLine");
    if may_be_list && mime == "application/json" {
        json!({"oneOf": [one, {"type": "array", "items": one}]})
    } else {
        one
    }
}

fn path_parameters(path: &str) -> impl Iterator<Item = Value> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
}

fn parameter(parameter: &Parameter) -> Value {
    let schema: Value = serde_json::from_str(parameter.schema).unwrap_or_else(|_| json!({"type": "string"}));
    json!({
        "name": parameter.name,
        "in": parameter.place,
        "required": false,
        "description": parameter.description,
        "schema": schema,
    })
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    for (status, description, schema, mime) in operation.answers {
        // A status that comes twice has two forms.
        let answer = responses.entry(*status).or_insert_with(|| json!({"description": description}));
        if !mime.is_empty() {
            let schema = match *schema {
                "" if *mime == openapi_paths::JSON => json!({"type": "object"}),
                "" => json!({"type": "string"}),
                name => json!({"$ref": format!("#/components/schemas/{name}")}),
            };
            answer["content"][*mime] = json!({"schema": schema});
        }
    }
    let problem = json!({"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}});
    responses.insert("default".into(), json!({"description": "What went wrong", "content": problem}));
    Value::Object(responses)
}

fn schemas() -> Schemas {
    let mut all = Schemas::new();
    add::<schema::Problem>(&mut all);
    add::<schema::NewEvent>(&mut all);
    add::<schema::Event>(&mut all);
    add::<schema::EventPage>(&mut all);
    add::<schema::EventPageAcross>(&mut all);
    add::<schema::Appended>(&mut all);
    add::<schema::AppendedAcross>(&mut all);
    add::<schema::NewRun>(&mut all);
    add::<views::RunState<'static>>(&mut all);
    add::<schema::RunPage<'static>>(&mut all);
    add::<schema::NewLogLine>(&mut all);
    add::<schema::LogsAppended>(&mut all);
    add::<schema::LogStreamName>(&mut all);
    add::<schema::LogClosed>(&mut all);
    add::<schema::LogPage>(&mut all);
    add::<schema::Frame>(&mut all);
    add::<schema::Ready>(&mut all);
    add::<schema::Healthy>(&mut all);
    add::<artifacts::ArtifactPage<'static>>(&mut all);
    add::<library::Library<'static>>(&mut all);
    add::<library::SignedUrl>(&mut all);
    add::<schema::NewStart>(&mut all);
    add::<workflows::NewWorkflow>(&mut all);
    add::<workflows::WorkflowDetail>(&mut all);
    add::<workflows::WorkflowPage>(&mut all);
    add::<workflows::VersionPage>(&mut all);
    add::<claims::ClaimRequest>(&mut all);
    add::<claims::ClaimedRuns>(&mut all);
    add::<claims::ClaimList>(&mut all);
    add::<claims::ClaimStates>(&mut all);
    add::<claims::WorkerPage>(&mut all);
    add::<control::CancelRequest>(&mut all);
    add::<control::CancelAnswer>(&mut all);
    add::<control::RerunRequest>(&mut all);
    add::<control::RerunAnswer>(&mut all);
    add::<control::NodeInput>(&mut all);
    add::<control::NodeInputAnswer>(&mut all);
    add::<secrets::NewSecret>(&mut all);
    add::<secrets::Secret>(&mut all);
    add::<secrets::SecretPage>(&mut all);
    add::<secrets::SecretsClaim>(&mut all);
    add::<secrets::ClaimedSecrets>(&mut all);
    add::<timeline::Diff>(&mut all);
    add::<Imported>(&mut all);
    add::<bundles::Replayed>(&mut all);
    add::<older::OlderStatus>(&mut all);
    add::<older::Trace>(&mut all);
    add::<older::Executions>(&mut all);
    add::<older::ExecutionDetail>(&mut all);
    add::<older::ExecutionCount>(&mut all);
    add::<older::CleanedUp>(&mut all);
    add::<cleanup::NewPlan>(&mut all);
    add::<cleanup::PlanDetail>(&mut all);
    add::<cleanup::PlanPage>(&mut all);
    add::<cleanup::Purged>(&mut all);
    add::<cleanup::TombstoneDetail>(&mut all);
    add::<retention::Retention>(&mut all);
    add::<statistics::RunCount>(&mut all);
    add::<statistics::Statistics>(&mut all);
    add::<webhooks::NewWebhook>(&mut all);
    add::<webhooks::Webhook>(&mut all);
    add::<webhooks::MadeWebhook>(&mut all);
    add::<webhooks::WebhookList>(&mut all);
    add::<webhooks::Received>(&mut all);
    add::<schedules::NewSchedule>(&mut all);
    add::<schedules::ScheduleChange>(&mut all);
    add::<schedules::Schedule>(&mut all);
    add::<schedules::ScheduleList>(&mut all);
    add::<notifications::NewNotification>(&mut all);
    add::<notifications::NotificationChange>(&mut all);
    add::<notifications::Notification>(&mut all);
    add::<notifications::MadeNotification>(&mut all);
    add::<notifications::NotificationList>(&mut all);
    add::<notifications::TestSent>(&mut all);
    add::<notifications::DeliveryPage>(&mut all);
    add_accounts(&mut all);
    all
}

fn add_accounts(all: &mut Schemas) {
    add::<session_view::Session>(all);
    add::<session_view::Organization>(all);
    add::<session::OpenedSession>(all);
    add::<session::SignIn>(all);
    add::<session::LinkSignIn>(all);
    add::<session::OrganizationChoice>(all);
    add::<tickets::Ticket>(all);
    add::<users::MemberList>(all);
    add::<users::Member>(all);
    add::<users::Invitation>(all);
    add::<users::InvitedMember>(all);
    add::<users::BroughtUser>(all);
    add::<users::BroughtMember>(all);
    add::<users::RoleChange>(all);
    add::<users::SignInLink>(all);
    add::<tokens::NewToken>(all);
    add::<tokens::MadeToken>(all);
    add::<tokens::TokenList>(all);
    add::<organizations::OrganizationList>(all);
    add::<organizations::NewOrganization>(all);
    add::<audit::AuditPage>(all);
}

/// Adds a type and all that it refers to.
fn add<T: ToSchema + PartialSchema>(all: &mut Schemas) {
    let mut found: Vec<(String, RefOr<Schema>)> = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        // Schemas of derived types are plain data: serialising does not fail.
        all.entry(name).or_insert_with(|| serde_json::to_value(schema).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::routes;

    /// The page's own files are no part of the API.
    const NOT_DESCRIBED: [&str; 7] =
        ["/", "/ui", "/ui/", "/ui/{path...}", "/docs", "/docs/{file}", "/schemas/workflow.json"];

    #[test]
    fn routes_and_document_agree() {
        let described: BTreeSet<(String, String)> = operations()
            .map(|operation| (operation.method.to_uppercase(), operation.path.to_owned()))
            .collect();
        let routed: BTreeSet<(String, String)> = routes::LIST
            .iter()
            .filter(|(_, pattern)| !NOT_DESCRIBED.contains(pattern))
            .map(|(method, pattern)| ((*method).to_owned(), (*pattern).to_owned()))
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document: Value = serde_json::from_str(&document()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut references = Vec::new();
        collect(&document, &mut references);
        assert!(references.len() > 30);
        for reference in references {
            let pointer = reference.trim_start_matches('#');
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }

    #[test]
    fn operations_are_named_once_and_parameters_are_valid() {
        let names: BTreeSet<&str> = operations().map(|operation| operation.id).collect();
        assert_eq!(names.len(), operations().count());
        for parameter in operations().flat_map(|operation| operation.parameters) {
            assert!(serde_json::from_str::<Value>(parameter.schema).is_ok(), "{}", parameter.name);
        }
    }

    fn collect(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                if let Some(Value::String(reference)) = map.get("$ref") {
                    out.push(reference.clone());
                }
                map.values().for_each(|value| collect(value, out));
            }
            Value::Array(list) => list.iter().for_each(|value| collect(value, out)),
            _ => {}
        }
    }
}
