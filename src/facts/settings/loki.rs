//! The settings about Loki, as one value: there only where a Loki is set.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::facts::status::words;

words! {
    /// Which labels the lines carry in Loki: what operators select by, against how many streams Loki has to keep.
    LokiLabels {
        /// `{org, run_id, node, stream}`: a stream for each output of each node of each run.
        Run = "run",
        /// `{service, org, workflow, stream}`, run and node being metadata: few streams, for many runs.
        Low = "low",
    }
}

/// A Loki, and how lines go there.
#[derive(Clone, PartialEq, Eq)]
pub struct LokiSettings {
    /// Without a trailing slash; the API's paths are put behind it.
    pub url: String,
    pub labels: LokiLabels,
    /// Sent as `X-Scope-OrgID`.
    pub tenant: Option<String>,
    pub auth: Option<LokiAuth>,
    /// Certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long after a push its lines stay in PostgreSQL, before they are read back and trimmed.
    pub grace: Duration,
    /// Bytes a second that are pushed at most.
    pub rate: Option<u64>,
}

/// How a Loki knows its client.
#[derive(Clone, PartialEq, Eq)]
pub enum LokiAuth {
    Basic { user: String, password: String },
    Bearer(String),
}

/// The secret stays out of logs.
impl fmt::Debug for LokiAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { user, .. } => f.debug_struct("Basic").field("user", user).finish_non_exhaustive(),
            Self::Bearer(_) => f.debug_tuple("Bearer").field(&"…").finish(),
        }
    }
}

impl fmt::Debug for LokiSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LokiSettings")
            .field("url", &self.url)
            .field("labels", &self.labels)
            .field("tenant", &self.tenant)
            .field("auth", &self.auth)
            .field("ca_file", &self.ca_file)
            .field("grace", &self.grace)
            .field("rate", &self.rate)
            .finish()
    }
}

/// Who Loki is told to be; or why that can't be made out.
pub(super) fn auth(
    user: Option<String>,
    password: Option<String>,
    token: Option<String>,
) -> Result<Option<LokiAuth>, &'static str> {
    match (user, password, token) {
        (None, None, None) => Ok(None),
        (Some(user), Some(password), None) => Ok(Some(LokiAuth::Basic { user, password })),
        (None, None, Some(token)) => Ok(Some(LokiAuth::Bearer(token))),
        (Some(_), None, _) => Err("a user goes with a password; set loki_password"),
        (None, Some(_), _) => Err("a password goes with a user; set loki_user"),
        (Some(_), Some(_), Some(_)) => {
            Err("user and password are one way, a token is the other; set one of them")
        }
    }
}
