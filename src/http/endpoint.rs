//! One route: method and pattern, and the warp filter that answers it.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper::upgrade::OnUpgrade;
use hyper_util::service::TowerToHyperService;
use warp::filters::BoxedFilter;
use warp::{Filter as _, Rejection};

use super::Response;
use super::app::App;
use super::body::{self, Chunks};
use super::caller::{Caller, Right};
use super::doors::Access;
use super::meter::RouteMeter;
use super::pattern::Params;
use super::problem::Problem;
use super::query::Query;
use crate::facts::id::{OrganizationId, RunId};
use crate::store::db::Db;

/// The head of a request, as handlers see it. It reaches the filter as an extension of the request.
#[derive(Debug)]
#[cfg_attr(test, derive(Default))]
pub struct Head {
    pub caller: Caller,
    pub params: Params,
    pub query: Option<String>,
    pub headers: HeaderMap,
    pub request_id: Option<HeaderValue>,
    /// Where it comes from.
    pub address: Option<IpAddr>,
    pub upgrade: Option<OnUpgrade>,
}

/// A request on its way to a handler.
pub struct Call {
    pub head: Arc<Head>,
    pub chunks: Chunks,
}

/// A route with all that the shell needs to know of it.
pub struct Endpoint {
    pub method: Method,
    pub pattern: &'static str,
    pub access: Access,
    pub meter: RouteMeter,
    pub serve: Serve,
}

/// A filter as a function: warp's service has no name of its own.
type Serve = Box<dyn Fn(Request<Incoming>) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

impl Endpoint {
    /// A route answered by `handler`; its problems become answers here.
    pub fn new<H, F>(method: Method, pattern: &'static str, handler: H) -> Self
    where
        H: Fn(Call) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let answer = move |head: Arc<Head>, chunks: Chunks| {
            let chunks = body::while_allowed(chunks, head.caller.ended.clone());
            let answered = handler(Call { head: head.clone(), chunks });
            async move {
                let problem = match answered.await {
                    Ok(response) => return response,
                    Err(_) if head.caller.ended.is_cancelled() => Problem::unauthorized(),
                    Err(problem) => problem,
                };
                problem.into_response(head.request_id())
            }
        };
        let filter = warp::ext::get::<Arc<Head>>()
            .and(warp::body::stream().map(body::chunks))
            .then(answer)
            .recover(async |rejection: Rejection| {
                let problem = Problem::internal(format!("a filter turned away a request: {rejection:?}"));
                Ok::<_, Infallible>(problem.into_response(""))
            })
            .unify()
            .boxed();
        Self {
            meter: RouteMeter::new(method.clone(), pattern, StatusCode::OK),
            method,
            pattern,
            access: Access::Caller(Right::Read),
            serve: served(filter),
        }
    }

    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }
}

fn served(filter: BoxedFilter<(Response,)>) -> Serve {
    let service = TowerToHyperService::new(warp::service(filter));
    Box::new(move |request| {
        let answer = service.call(request);
        Box::pin(async move {
            match answer.await {
                Ok(response) => response,
            }
        })
    })
}

impl Head {
    /// Whose things the caller sees.
    pub fn organization(&self) -> OrganizationId {
        self.caller.organization
    }

    /// The database for reading what is the caller's: it keeps back whatever is not, should a query ask for it.
    pub fn db(&self, app: &App) -> Db {
        app.core.db.within(self.caller.organization)
    }

    pub fn request_id(&self) -> &str {
        self.request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default()
    }

    pub fn query(&self) -> Query {
        Query::parse(self.query.as_deref())
    }

    /// The run that the path names, for reading: what is no run id names no run.
    pub fn run_id(&self) -> Result<RunId, Problem> {
        self.params.get(0).parse().map_err(|_| Problem::no_such_run())
    }

    /// The run that the path names, for writing, which would make it.
    pub fn new_run_id(&self) -> Result<RunId, Problem> {
        let parsed = self.params.get(0).parse::<RunId>();
        let run_id = parsed.and_then(|run_id| run_id.check_new().map(|()| run_id));
        run_id.map_err(|error| Problem::invalid_at("/runId", format!("{error}")))
    }

    /// A header's text; `None` where it is missing or no text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
