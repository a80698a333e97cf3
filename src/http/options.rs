//! What the application hands to the HTTP edge beside the core.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use crate::facts::address::AddressRange;
use crate::facts::status::words;

/// The edge's settings and its ways back to the application.
#[derive(Clone)]
pub struct HttpOptions {
    /// The bearer token that every request must carry; `None` is the free pass of a loopback listener.
    pub token: Option<String>,
    /// Another one that opens as much: whoever can read the data directory finds it there.
    pub operator_token: Option<String>,
    /// No free pass, whether there are users or not.
    pub require_sign_in: bool,
    /// Origins whose pages may call the API, such as `https://app.example.com`.
    pub cors_origins: Vec<String>,
    /// Host names the server answers to, beside its own address and the names of loopback.
    pub allowed_hosts: Vec<String>,
    /// Where there are any: the only ones that may connect from other machines.
    pub trusted_proxy: Vec<AddressRange>,
    /// Whether only this machine can reach the listener.
    pub loopback: bool,
    /// Renders the metrics as Prometheus text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Looks how the parts are; called for each `/readyz`.
    pub readiness: Arc<dyn Fn() -> BoxFuture<'static, Readiness> + Send + Sync>,
}

impl std::fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpOptions")
            .field("has_token", &self.token.is_some())
            .field("cors_origins", &self.cors_origins)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("loopback", &self.loopback)
            .finish_non_exhaustive()
    }
}

words! {
    /// How a part is: `down` answers 503, `degraded` is only told.
    PartState {
        Ok = "ok",
        Degraded = "degraded",
        Down = "down",
    }
}

/// One part that a working server leans on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Part {
    pub name: String,
    pub state: PartState,
    /// Why it is not `ok`.
    pub reason: Option<String>,
}

/// How the parts are.
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    pub parts: Vec<Part>,
}

impl Readiness {
    /// The worst of the parts.
    #[must_use]
    pub fn state(&self) -> PartState {
        self.parts.iter().map(|part| part.state).max().unwrap_or(PartState::Ok)
    }
}
