//! All routes in one list, those that are asked for most first.

use std::future::Future;

use http::Method;

use super::app::SharedApp;
use super::doors::Access;
use super::endpoint::{Call, Endpoint};
use super::problem::Problem;
use super::{
    Response, across, artifacts, claims, control, download, events, health, logs, multiplex, pages, runs,
    secrets, stream, workflows,
};

/// Method, pattern, what it asks of callers, and the handler of each route.
macro_rules! routes {
    ($($method:ident $pattern:literal $access:ident $handler:path;)*) => {
        /// Every route of this server, each one boxed warp filter.
        pub fn all(app: &SharedApp) -> Vec<Endpoint> {
            vec![$(endpoint(app, Method::$method, $pattern, Access::$access, $handler)),*]
        }

        /// Method and pattern of every route.
        #[cfg(test)]
        pub const LIST: &[(&str, &str)] = &[$((stringify!($method), $pattern)),*];
    };
}

routes! {
    POST "/api/v1/runs/{runId}/events" Caller events::append;
    POST "/api/v1/events" Caller across::append;
    POST "/api/v1/runs/{runId}/logs" Caller logs::append;
    GET "/api/v1/runs/{runId}/events" Caller events::page;
    GET "/api/v1/runs/{runId}/stream" Caller stream::stream;
    GET "/api/v1/stream" Caller multiplex::stream;
    GET "/api/v1/runs/{runId}" Caller runs::state;
    GET "/api/v1/runs/{runId}/logs" Caller logs::page;
    GET "/api/v1/runs" Caller runs::list;
    POST "/api/v1/runs" Caller runs::create;
    POST "/api/v1/claims" Caller claims::claim;
    POST "/api/v1/claims/heartbeat" Caller claims::heartbeat;
    POST "/api/v1/claims/release" Caller claims::release;
    GET "/api/v1/events" Caller across::page;
    POST "/api/v1/runs/{runId}/logs/close" Caller logs::close;
    GET "/api/v1/runs/{runId}/logs/download" Caller download::download;
    POST "/api/v1/runs/{runId}/artifacts" Caller artifacts::upload;
    GET "/api/v1/runs/{runId}/artifacts" Caller artifacts::list;
    GET "/api/v1/runs/{runId}/artifacts/{artifactId}" Caller artifacts::download;
    POST "/api/v1/runs/{runId}/cancel" Caller control::cancel;
    POST "/api/v1/runs/{runId}/rerun" Caller control::rerun;
    POST "/api/v1/runs/{runId}/nodes/{nodeRef}/input" Caller control::input;
    GET "/api/v1/workflows" Caller workflows::list;
    GET "/api/v1/workflows/{name}" Caller workflows::show;
    PUT "/api/v1/workflows/{name}" Caller workflows::put;
    DELETE "/api/v1/workflows/{name}" Caller workflows::delete;
    POST "/api/v1/workflows/{name}/run" Caller workflows::run;
    GET "/api/v1/workflows/{name}/versions" Caller workflows::versions;
    GET "/api/v1/workflows/{name}/versions/{version}" Caller workflows::version;
    GET "/api/v1/workers" Caller claims::workers;
    PUT "/api/v1/secrets/{name}" Caller secrets::put;
    GET "/api/v1/secrets" Caller secrets::list;
    DELETE "/api/v1/secrets/{name}" Caller secrets::delete;
    POST "/api/v1/claims/secrets" Caller secrets::claim;
    GET "/readyz" Caller health::readyz;
    GET "/metrics" Caller health::metrics;
    GET "/healthz" Anyone health::healthz;
    GET "/" StaticFile pages::to_page;
    GET "/ui" StaticFile pages::to_page;
    GET "/ui/" StaticFile pages::page;
    GET "/ui/{path...}" StaticFile pages::page;
    GET "/docs" StaticFile pages::docs;
    GET "/docs/{file}" StaticFile pages::docs_file;
    GET "/schemas/workflow.json" StaticFile pages::workflow_schema;
    GET "/openapi.json" StaticFile pages::openapi;
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
