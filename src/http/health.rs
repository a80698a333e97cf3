//! Liveness, readiness and metrics.

use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::app::SharedApp;
use super::endpoint::Call;
use super::options::PartState;
use super::problem::Problem;
use super::{Response, schema};

/// GET /healthz: something answers.
pub async fn healthz(_: SharedApp, _: Call) -> Result<Response, Problem> {
    Ok(schema::json(&schema::Healthy { status: "ok" }))
}

/// GET /readyz: 200 while appends and reads work, with what is degraded and why.
pub async fn readyz(app: SharedApp, _: Call) -> Result<Response, Problem> {
    let readiness = (app.options.readiness)().await;
    let status = readiness.state();
    let mut response = schema::json(&schema::Ready { status, parts: readiness.parts });
    if status == PartState::Down {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    Ok(response)
}

/// GET /metrics, as Prometheus reads it.
pub async fn metrics(app: SharedApp, _: Call) -> Result<Response, Problem> {
    let mut response = Response::new((app.options.metrics)().into());
    let mime = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, mime);
    Ok(response)
}
