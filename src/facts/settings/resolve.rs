//! From flags, variables and the file to the settings, or to everything that is wrong with them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::key::{ENV_ELSEWHERE, ENV_INPUTS, ENV_PREFIX, ENV_TESTS};
use super::parse::{self, Parsed};
use super::{
    BucketSettings, Fault, Key, LokiLabels, LokiSettings, Mode, OpenIdSettings, Place, bucket, file, loki,
    openid, production,
};
use crate::facts::address::AddressRange;
use crate::facts::secret::SecretKey;

/// Fewer would leave appends, log chunks and readers waiting for each other.
const POOL_RANGE: RangeInclusive<usize> = 4..=200;
/// Beyond it, lanes only take each other's place at the disk.
const LANES_RANGE: RangeInclusive<usize> = 1..=16;
/// Lines stay this long after a push unless said otherwise: Loki writes its own log every few seconds, and a little patience
/// costs nothing but room.
const LOKI_GRACE: Duration = Duration::from_secs(10 * 60);
/// Days of an ordinary installation's output, and little beside the disk of a database.
const LOG_SPOOL_MAX: u64 = 10 << 30;

/// Shortest token of a server that other machines can reach.
const PUBLIC_TOKEN_MIN: usize = 12;
/// What tokens in examples are made of.
const EXAMPLE_TOKENS: [&str; 4] = ["changeme", "change-me", "password", "example"];

/// Where root keeps its data: root's home is closed to the unprivileged user that runs the database.
const ROOT_DATA_DIR: &str = "/var/lib/telltale";

/// Everything the operator can set, valid on its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    pub data_dir: PathBuf,
    /// `address:port`, checked.
    pub listen: String,
    pub mode: Mode,
    /// None: the embedded database.
    pub database_url: Option<String>,
    pub database_prepared: bool,
    pub database_pool: usize,
    pub postgres_bin: Option<PathBuf>,
    /// For the embedded database's socket; None: the server chooses one that is short enough.
    pub socket_dir: Option<PathBuf>,
    pub token: Option<String>,
    /// Nobody comes in without signing in, on this machine too.
    pub require_sign_in: bool,
    /// None: users sign in with passwords and links only.
    pub openid: Option<OpenIdSettings>,
    /// Whether the server starts a worker of its own where no other waits for a run.
    pub local_worker: bool,
    /// Whether that worker may run nodes as processes of this machine.
    pub process_engine: bool,
    /// What secrets are sealed with; None: the data directory keeps a key.
    pub secret_key: Option<SecretKey>,
    /// When there are any: who may connect from other machines.
    pub trusted_proxy: Vec<AddressRange>,
    pub cors_origins: Vec<String>,
    pub allowed_hosts: Vec<String>,
    /// What notifications may be sent to beside public addresses.
    pub webhook_allow: Vec<AddressRange>,
    /// None: artifacts are kept in the data directory.
    pub bucket: Option<BucketSettings>,
    /// None: lines stay in the database.
    pub loki: Option<LokiSettings>,
    /// Bytes that may wait for Loki.
    pub log_spool_max: u64,
    pub log_format: LogFormat,
    /// Levels as `tracing` filters know them.
    pub log_level: String,
    /// Where telltale's own traces are sent to; None: nowhere.
    pub otlp_endpoint: Option<String>,
    pub lanes: usize,
    /// The server that client commands talk to, without a trailing slash.
    pub url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// The file's text, and the name that faults call it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    pub name: String,
    pub text: String,
}

/// What the defaults depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    pub is_root: bool,
}

/// Everything that settings are made of.
#[derive(Debug, Clone)]
pub struct Sources {
    /// In the order given; of a repeated flag the last counts.
    pub flags: Vec<(Key, String)>,
    /// The whole environment: `HOME` and `XDG_DATA_HOME` count for the default data directory. An empty
    /// variable is one that was not set: compose files can't leave a variable out.
    pub env: Vec<(OsString, OsString)>,
    pub file: Option<SettingsFile>,
    pub machine: Machine,
}

/// A value from one of the sources: `parts` has more than one only for a list.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) parts: Vec<String>,
    pub(super) origin: String,
}

impl Settings {
    /// All sources together, or every fault in any of them.
    pub fn resolve(sources: &Sources) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let given = sources.gather(&mut faults);
        let mut pick = Picker { given, faults };
        let loki = pick.loki();
        let bucket = pick.bucket();
        let openid = pick.openid();
        let default_dir = sources.default_data_dir();
        let settings = Self {
            data_dir: pick.one(Key::DataDir, parse::path).or(default_dir).unwrap_or_default(),
            listen: pick.one(Key::Listen, parse::listen).unwrap_or_else(|| "127.0.0.1:4780".to_owned()),
            mode: pick
                .one(Key::Mode, |text| text.parse().map_err(|error| format!("{error}")))
                .unwrap_or(Mode::Development),
            database_url: pick.one(Key::DatabaseUrl, parse::database_url),
            database_prepared: pick.one(Key::DatabasePrepared, parse::boolean).unwrap_or(true),
            database_pool: pick.one(Key::DatabasePool, |t| parse::number(t, POOL_RANGE)).unwrap_or(16),
            postgres_bin: pick.one(Key::PostgresBin, parse::path),
            socket_dir: pick.one(Key::SocketDir, parse::path),
            token: pick.one(Key::Token, parse::token),
            require_sign_in: pick.one(Key::RequireSignIn, parse::boolean).unwrap_or(false),
            openid,
            local_worker: pick.one(Key::LocalWorker, parse::boolean).unwrap_or(true),
            process_engine: pick.one(Key::ProcessEngine, parse::boolean).unwrap_or(false),
            secret_key: pick.one(Key::SecretKey, str::parse),
            trusted_proxy: pick.list(Key::TrustedProxy, str::parse),
            cors_origins: pick.list(Key::CorsOrigins, parse::origin),
            allowed_hosts: pick.list(Key::AllowedHosts, parse::host),
            bucket,
            webhook_allow: pick.list(Key::WebhookAllow, str::parse),
            loki,
            log_spool_max: pick.one(Key::LogSpoolMax, parse::size).unwrap_or(LOG_SPOOL_MAX),
            log_format: pick.one(Key::LogFormat, parse::log_format).unwrap_or(LogFormat::Text),
            log_level: pick.one(Key::LogLevel, parse::log_level).unwrap_or_else(|| "info".to_owned()),
            otlp_endpoint: pick.one(Key::OtlpEndpoint, parse::http_url),
            lanes: pick.one(Key::Lanes, |t| parse::number(t, LANES_RANGE)).unwrap_or(2),
            url: pick.one(Key::Url, parse::http_url),
        };
        let mut faults = pick.faults;
        if settings.data_dir.as_os_str().is_empty() && !faults.iter().any(|f| f.name.ends_with("data_dir")) {
            faults.push(Fault::new(Key::DataDir.env(), "there is no home directory to put data in; set one"));
        }
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    /// [`Self::resolve`], with the rules that only a server has to keep; `place` tells about the data directory.
    pub fn resolve_for_server(
        sources: &Sources,
        place: impl FnOnce(&Self) -> Place,
    ) -> Result<Self, Vec<Fault>> {
        let settings = Self::resolve(sources)?;
        let mut faults: Vec<Fault> = settings.serving_fault().into_iter().collect();
        if settings.mode == Mode::Production {
            faults.extend(production::faults(&settings, place(&settings)));
        }
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }

    /// Whether only this machine can reach the server.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        parse::is_loopback(&self.listen)
    }

    /// Why these settings must not serve: a server that others can reach asks them to sign in, and what it asks for must
    /// not be guessed at once.
    #[must_use]
    pub fn serving_fault(&self) -> Option<Fault> {
        let token = self.token.as_ref().filter(|_| !self.is_loopback())?;
        let lower = token.to_ascii_lowercase();
        let is_example = EXAMPLE_TOKENS.iter().any(|example| lower.contains(example));
        if token.len() >= PUBLIC_TOKEN_MIN && !is_example {
            return None;
        }
        let reason = format!(
            "{} can be reached from other machines, and the token that is set is easily guessed; make one with `openssl rand -hex 24`, or leave it out and sign in with the link that the first start prints",
            self.listen
        );
        Some(Fault::new(Key::Token.name(), reason))
    }
}

/// Secrets stay out of logs.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("data_dir", &self.data_dir)
            .field("listen", &self.listen)
            .field("mode", &self.mode)
            .field("database_url", &self.database_url.as_ref().map(|_| "…"))
            .field("database_prepared", &self.database_prepared)
            .field("database_pool", &self.database_pool)
            .field("postgres_bin", &self.postgres_bin)
            .field("socket_dir", &self.socket_dir)
            .field("token", &self.token.as_ref().map(|_| "…"))
            .field("require_sign_in", &self.require_sign_in)
            .field("openid", &self.openid)
            .field("local_worker", &self.local_worker)
            .field("process_engine", &self.process_engine)
            .field("secret_key", &self.secret_key)
            .field("trusted_proxy", &self.trusted_proxy)
            .field("cors_origins", &self.cors_origins)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("webhook_allow", &self.webhook_allow)
            .field("bucket", &self.bucket)
            .field("loki", &self.loki)
            .field("log_spool_max", &self.log_spool_max)
            .field("log_format", &self.log_format)
            .field("log_level", &self.log_level)
            .field("lanes", &self.lanes)
            .field("url", &self.url)
            .finish()
    }
}

impl Sources {
    /// Where `telltale.toml` is looked for when no place is given: the working directory, then the data
    /// directory. The first that exists counts; they are not merged.
    #[must_use]
    pub fn file_candidates(&self, working_dir: &Path) -> Vec<PathBuf> {
        let flag =
            self.flags.iter().rev().find(|(key, _)| *key == Key::DataDir).map(|(_, text)| text.clone());
        let given = flag.or_else(|| self.variable(&Key::DataDir.env())).map(PathBuf::from);
        let data_dir = given.or_else(|| self.default_data_dir());
        let places = std::iter::once(working_dir.to_owned()).chain(data_dir);
        places.map(|dir| dir.join("telltale.toml")).collect()
    }

    /// A variable that is set, readable and not empty.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        let (_, value) = self.env.iter().find(|(key, _)| key.to_str() == Some(name))?;
        value.to_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(super) fn default_data_dir(&self) -> Option<PathBuf> {
        let absolute = |name: &str| self.variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
        if let Some(dir) = absolute("XDG_DATA_HOME") {
            return Some(dir.join("telltale"));
        }
        if self.machine.is_root {
            return Some(PathBuf::from(ROOT_DATA_DIR));
        }
        absolute("HOME").map(|home| home.join(".local/share/telltale"))
    }

    /// For each key the value of the source that counts.
    pub(super) fn gather(&self, faults: &mut Vec<Fault>) -> BTreeMap<Key, Given> {
        let mut given = BTreeMap::new();
        if let Some(file) = &self.file {
            given.extend(file::read(&file.name, &file.text, faults));
        }
        given.extend(self.read_env(faults));
        for (key, text) in &self.flags {
            given.insert(*key, Given::from_text(*key, text, format!("--{}", key.flag())));
        }
        given
    }

    fn read_env(&self, faults: &mut Vec<Fault>) -> Vec<(Key, Given)> {
        let mut values = Vec::new();
        for (name, value) in &self.env {
            let Some(name) = name.to_str() else { continue };
            let Some(rest) = name.strip_prefix(ENV_PREFIX) else { continue };
            let is_a_nodes = name.starts_with(ENV_INPUTS) || name.starts_with(ENV_TESTS);
            if is_a_nodes || ENV_ELSEWHERE.contains(&name) || value.is_empty() {
                continue;
            }
            match (Key::ALL.iter().find(|key| key.env() == name), value.to_str()) {
                (None, _) => {
                    let meant = Key::nearest(&rest.to_ascii_lowercase());
                    let hint = meant.map(|key| format!("; is {} meant?", key.env())).unwrap_or_default();
                    faults.push(Fault::new(name, format!("no such setting{hint}")));
                }
                (Some(_), None) => faults.push(Fault::new(name, "the value is not valid UTF-8")),
                (Some(key), Some(text)) => values.push((*key, Given::from_text(*key, text, name.to_owned()))),
            }
        }
        values
    }
}

impl Given {
    fn from_text(key: Key, text: &str, origin: String) -> Self {
        let parts = if key.is_list() {
            text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
        } else {
            vec![text.to_owned()]
        };
        Self { parts, origin }
    }
}

/// Takes the values out one by one and collects what is wrong with them.
struct Picker {
    given: BTreeMap<Key, Given>,
    faults: Vec<Fault>,
}

impl Picker {
    fn one<T>(&mut self, key: Key, parse: impl Fn(&str) -> Parsed<T>) -> Option<T> {
        self.list(key, parse).pop()
    }

    /// What is set about Loki; without its address the rest is checked and means nothing.
    fn loki(&mut self) -> Option<LokiSettings> {
        let url = self.one(Key::LokiUrl, parse::loki_url);
        let labels = self.one(Key::LokiLabels, |text| text.parse().map_err(|error| format!("{error}")));
        let tenant = self.one(Key::LokiTenant, parse::loki_tenant);
        let (user, password) =
            (self.one(Key::LokiUser, parse::user), self.one(Key::LokiPassword, parse::password));
        let token = self.one(Key::LokiToken, parse::header);
        let ca_file = self.one(Key::LokiCaFile, parse::path);
        let grace = self.one(Key::LokiGrace, parse::duration).unwrap_or(LOKI_GRACE);
        let rate = self.one(Key::LokiRate, parse::size);
        let auth = loki::auth(user, password, token).unwrap_or_else(|reason| {
            self.faults.push(Fault::new(Key::LokiUser.name(), reason));
            None
        });
        let labels = labels.unwrap_or(LokiLabels::Run);
        Some(LokiSettings { url: url?, labels, tenant, auth, ca_file, grace, rate })
    }

    /// What is set about a bucket; without its URL the rest is checked and means nothing.
    fn bucket(&mut self) -> Option<BucketSettings> {
        let url = self.one(Key::ObjectStoreUrl, bucket::url);
        let endpoint = self.one(Key::ObjectStoreEndpoint, parse::bucket_endpoint);
        let region = self.one(Key::ObjectStoreRegion, parse::region);
        let access_key = self.one(Key::ObjectStoreAccessKey, parse::header);
        let secret_key = self.one(Key::ObjectStoreSecretKey, parse::header);
        let keys = bucket::keys(access_key, secret_key).unwrap_or_else(|reason| {
            self.faults.push(Fault::new(Key::ObjectStoreAccessKey.name(), reason));
            None
        });
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        url.map(|(bucket, prefix)| BucketSettings { bucket, prefix, endpoint, region, keys })
    }

    /// What is set about OpenID Connect; without its issuer the rest is checked and means nothing.
    fn openid(&mut self) -> Option<OpenIdSettings> {
        let issuer = self.one(Key::OpenidIssuer, parse::http_url);
        let client_id = self.one(Key::OpenidClientId, parse::password);
        let client_secret = self.one(Key::OpenidClientSecret, parse::password);
        let name = self.one(Key::OpenidName, parse::password);
        let groups_claim = self.one(Key::OpenidGroupsClaim, parse::password);
        let role_map = self.list(Key::OpenidRoleMap, openid::group_and_role);
        let issuer = issuer?;
        let mut needed = |key: Key, value: Option<String>| {
            if value.is_none() {
                self.faults.push(Fault::new(key.name(), "is needed beside openid_issuer"));
            }
            value
        };
        let client_id = needed(Key::OpenidClientId, client_id);
        let client_secret = needed(Key::OpenidClientSecret, client_secret);
        Some(OpenIdSettings {
            issuer,
            client_id: client_id?,
            client_secret: client_secret?,
            name: name.unwrap_or_else(|| "OpenID Connect".to_owned()),
            groups_claim: groups_claim.unwrap_or_else(|| "groups".to_owned()),
            role_map,
        })
    }

    fn list<T>(&mut self, key: Key, parse: impl Fn(&str) -> Parsed<T>) -> Vec<T> {
        let Some(given) = self.given.remove(&key) else { return Vec::new() };
        let mut values = Vec::new();
        for part in &given.parts {
            match parse(part) {
                Ok(value) => values.push(value),
                Err(reason) => self.faults.push(Fault::new(given.origin.clone(), reason)),
            }
        }
        values
    }
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
