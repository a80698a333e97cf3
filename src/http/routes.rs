//! All routes in one list, those that are asked for most first.

use std::future::Future;

use http::Method;

use super::app::SharedApp;
use super::caller::Right;
use super::doors::Access;
use super::endpoint::{Call, Endpoint};
use super::problem::Problem;
use super::{
    Response, across, artifacts, audit, bundles, claims, cleanup, control, download, events, health, library,
    logs, multiplex, notifications, older, openid, organizations, pages, retention, runs, schedules, secrets,
    session, statistics, stream, tickets, timelines, tokens, users, webhooks, workflows,
};

const ANYONE: Access = Access::Anyone;
const STATIC_FILE: Access = Access::StaticFile;
/// Looks at what is shown, and asks for nothing.
const SESSION: Access = Access::Session;
const FOLLOW: Access = Access::Caller(Right::Follow);
const READ: Access = Access::Caller(Right::Read);
const APPEND: Access = Access::Caller(Right::Append);
const EDIT: Access = Access::Caller(Right::Edit);
const OWN: Access = Access::Caller(Right::Own);

/// Method, pattern, what it asks of callers, and the handler of each route.
macro_rules! routes {
    ($($method:ident $pattern:literal $access:expr, $handler:path;)*) => {
        /// Every route of this server, each one boxed warp filter.
        pub fn all(app: &SharedApp) -> Vec<Endpoint> {
            vec![$(endpoint(app, Method::$method, $pattern, $access, $handler)),*]
        }

        /// Method and pattern of every route.
        #[cfg(test)]
        pub const LIST: &[(&str, &str)] = &[$((stringify!($method), $pattern)),*];
    };
}

routes! {
    POST "/api/v1/runs/{runId}/events" APPEND, events::append;
    POST "/api/v1/events" APPEND, across::append;
    POST "/api/v1/runs/{runId}/logs" APPEND, logs::append;
    GET "/api/v1/runs/{runId}/events" FOLLOW, events::page;
    GET "/api/v1/runs/{runId}/stream" READ, stream::stream;
    GET "/api/v1/stream" READ, multiplex::stream;
    GET "/api/v1/runs/count" READ, statistics::count;
    GET "/api/v1/runs/{runId}" FOLLOW, runs::state;
    GET "/api/v1/runs/{runId}/logs" READ, logs::page;
    GET "/api/v1/runs" READ, runs::list;
    POST "/api/v1/runs" APPEND, runs::create;
    POST "/api/v1/claims" APPEND, claims::claim;
    POST "/api/v1/claims/heartbeat" APPEND, claims::heartbeat;
    POST "/api/v1/claims/release" APPEND, claims::release;
    GET "/api/v1/events" READ, across::page;
    POST "/api/v1/runs/{runId}/logs/close" APPEND, logs::close;
    GET "/api/v1/runs/{runId}/logs/download" READ, download::download;
    POST "/api/v1/runs/{runId}/artifacts" APPEND, artifacts::upload;
    GET "/api/v1/runs/{runId}/artifacts" FOLLOW, artifacts::list;
    GET "/api/v1/runs/{runId}/artifacts/{artifactId}" FOLLOW, artifacts::download;
    POST "/api/v1/runs/{runId}/cancel" APPEND, control::cancel;
    POST "/api/v1/runs/{runId}/rerun" APPEND, control::rerun;
    POST "/api/v1/runs/{runId}/nodes/{nodeRef}/input" APPEND, control::input;
    GET "/api/v1/workflows" READ, workflows::list;
    GET "/api/v1/workflows/{name}" READ, workflows::show;
    PUT "/api/v1/workflows/{name}" EDIT, workflows::put;
    DELETE "/api/v1/workflows/{name}" EDIT, workflows::delete;
    POST "/api/v1/workflows/{name}/run" APPEND, workflows::run;
    GET "/api/v1/workflows/{name}/versions" READ, workflows::versions;
    GET "/api/v1/workflows/{name}/versions/{version}" FOLLOW, workflows::version;
    GET "/api/v1/workers" READ, claims::workers;
    PUT "/api/v1/secrets/{name}" EDIT, secrets::put;
    GET "/api/v1/secrets" READ, secrets::list;
    DELETE "/api/v1/secrets/{name}" EDIT, secrets::delete;
    POST "/api/v1/claims/secrets" APPEND, secrets::claim;
    GET "/api/v1/runs/{runId}/snapshot" READ, timelines::snapshot;
    GET "/api/v1/runs/{runId}/diff" READ, timelines::diff;
    GET "/api/v1/runs/{runId}/bundle" READ, bundles::export;
    POST "/api/v1/import" APPEND, bundles::import;
    POST "/api/v1/replay" APPEND, bundles::replay;
    GET "/workflows/runs/{runId}/status" READ, older::status;
    GET "/workflows/runs/{runId}/trace" READ, older::trace;
    GET "/workflows/{id}/logs" READ, older::list;
    GET "/workflows/{id}/logs/count" READ, older::count;
    GET "/logs/{id}" READ, older::show;
    DELETE "/logs/cleanup" EDIT, older::cleanup;
    DELETE "/api/v1/runs/{runId}" EDIT, cleanup::delete;
    GET "/api/v1/runs/{runId}/tombstone" READ, cleanup::tombstone;
    POST "/api/v1/cleanup/plans" EDIT, cleanup::create;
    GET "/api/v1/cleanup/plans" READ, cleanup::list;
    GET "/api/v1/cleanup/plans/{planId}" READ, cleanup::show;
    POST "/api/v1/cleanup/plans/{planId}/apply" EDIT, cleanup::apply;
    GET "/api/v1/retention" READ, retention::show;
    PUT "/api/v1/retention" OWN, retention::put;
    GET "/api/v1/statistics" READ, statistics::all;
    GET "/api/v1/workflows/{name}/statistics" READ, statistics::of_workflow;
    POST "/hooks/{token}" ANYONE, webhooks::receive;
    GET "/api/v1/workflows/{name}/webhooks" READ, webhooks::list;
    POST "/api/v1/workflows/{name}/webhooks" EDIT, webhooks::create;
    DELETE "/api/v1/workflows/{name}/webhooks/{webhookId}" EDIT, webhooks::delete;
    GET "/api/v1/schedules" READ, schedules::list;
    POST "/api/v1/schedules" EDIT, schedules::create;
    PUT "/api/v1/schedules/{scheduleId}" EDIT, schedules::put;
    DELETE "/api/v1/schedules/{scheduleId}" EDIT, schedules::delete;
    GET "/api/v1/notifications" READ, notifications::list;
    POST "/api/v1/notifications" EDIT, notifications::create;
    PUT "/api/v1/notifications/{notificationId}" EDIT, notifications::put;
    DELETE "/api/v1/notifications/{notificationId}" EDIT, notifications::delete;
    POST "/api/v1/notifications/{notificationId}/test" EDIT, notifications::test;
    GET "/api/v1/notifications/{notificationId}/deliveries" READ, notifications::deliveries;
    GET "/api/v1/artifacts" READ, library::list;
    // accounts
    GET "/api/v1/session" SESSION, session::show;
    POST "/api/v1/session" ANYONE, session::sign_in;
    DELETE "/api/v1/session" SESSION, session::sign_out;
    POST "/api/v1/session/refresh" ANYONE, session::refresh;
    POST "/api/v1/session/link" ANYONE, session::redeem;
    PUT "/api/v1/session/organization" SESSION, session::change_organization;
    GET "/api/v1/session/openid" ANYONE, openid::leave;
    GET "/api/v1/session/openid/callback" ANYONE, openid::come_back;
    POST "/api/v1/tickets" FOLLOW, tickets::make;
    GET "/api/v1/users" OWN, users::list;
    POST "/api/v1/users" OWN, users::invite;
    POST "/api/v1/users/import" OWN, users::bring;
    PUT "/api/v1/users/{userId}" OWN, users::set_role;
    DELETE "/api/v1/users/{userId}" OWN, users::remove;
    POST "/api/v1/users/{userId}/link" OWN, users::link;
    GET "/api/v1/tokens" OWN, tokens::list;
    POST "/api/v1/tokens" OWN, tokens::make;
    DELETE "/api/v1/tokens/{tokenId}" OWN, tokens::revoke;
    GET "/api/v1/organizations" READ, organizations::list;
    POST "/api/v1/organizations" OWN, organizations::make;
    GET "/api/v1/audit" OWN, audit::page;
    // the machine's own
    GET "/readyz" READ, health::readyz;
    GET "/metrics" READ, health::metrics;
    GET "/healthz" ANYONE, health::healthz;
    GET "/" STATIC_FILE, pages::to_page;
    GET "/ui" STATIC_FILE, pages::to_page;
    GET "/ui/" STATIC_FILE, pages::page;
    GET "/ui/{path...}" STATIC_FILE, pages::page;
    GET "/docs" STATIC_FILE, pages::docs;
    GET "/docs/{file}" STATIC_FILE, pages::docs_file;
    GET "/schemas/workflow.json" STATIC_FILE, pages::workflow_schema;
    GET "/openapi.json" STATIC_FILE, pages::openapi;
}

fn endpoint<H, F>(
    app: &SharedApp,
    method: Method,
    pattern: &'static str,
    access: Access,
    handler: H,
) -> Endpoint
where
    H: Fn(SharedApp, Call) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    let app = app.clone();
    Endpoint::new(method, pattern, move |call| handler(app.clone(), call)).with_access(access)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::LIST;
    use crate::facts::id::RUN_IDS_RESERVED;

    /// The word of `a` that stands where `b` would read a run's id, if both could mean the same request otherwise.
    fn shadowing<'a>(a: &'a str, b: &str) -> Option<&'a str> {
        let (a, b): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
        let same = a.len() == b.len()
            && a.iter().zip(&b).all(|(a, b)| a == b || a.starts_with('{') || b.starts_with('{'));
        let at_run_id = || a.iter().zip(&b).find(|(a, b)| **b == "{runId}" && !a.starts_with('{'));
        same.then(at_run_id).flatten().map(|(word, _)| *word)
    }

    #[test]
    fn every_word_that_stands_where_a_run_id_would_is_reserved() {
        let pairs = LIST.iter().flat_map(|a| LIST.iter().map(move |b| (a, b)));
        let words: BTreeSet<&str> =
            pairs.filter(|(a, b)| a.0 == b.0).filter_map(|(a, b)| shadowing(a.1, b.1)).collect();
        assert_eq!(words, RUN_IDS_RESERVED.iter().copied().collect());
    }
}
