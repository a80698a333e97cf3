//! The names of the settings, in the three spellings that the sources use.

/// Declares the keys once; everything that lists or spells them comes from here.
macro_rules! keys {
    ($($variant:ident $name:literal $value:literal $help:literal;)*) => {
        /// A setting.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(#[doc = $help] $variant,)*
        }

        impl Key {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As in `telltale.toml`: `data_dir`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What stands for the value in help texts: `DIR`.
            #[must_use]
            pub fn value_name(self) -> &'static str {
                match self { $(Self::$variant => $value,)* }
            }

            /// One sentence for help texts.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }
        }
    };
}

keys! {
    DataDir "data_dir" "DIR" "Where the embedded database, artifacts and caches live";
    Listen "listen" "ADDRESS:PORT" "Where the server listens; port 0 picks a free one [default: 127.0.0.1:4780]";
    Mode "mode" "development|production" "What the server may be: production refuses what is unsafe there [default: development]";
    DatabaseUrl "database_url" "URL" "PostgreSQL to use instead of the embedded one";
    DatabasePrepared "database_prepared" "BOOL" "Use prepared statements; false for a pooler in transaction mode [default: true]";
    DatabasePool "database_pool" "N" "Connections in the pool [default: 16]";
    PostgresBin "postgres_bin" "DIR" "Folder with initdb and postgres for the embedded database";
    SocketDir "socket_dir" "DIR" "Folder for the socket of the embedded database [default: chosen to fit]";
    Token "token" "TOKEN" "Bearer token that the server asks for and the client commands send";
    RequireSignIn "require_sign_in" "BOOL" "Ask everyone to sign in, on this machine too, before there are users [default: false]";
    OpenidIssuer "openid_issuer" "URL" "OpenID Connect provider that users may sign in with";
    OpenidClientId "openid_client_id" "ID" "What the provider knows this installation as";
    OpenidClientSecret "openid_client_secret" "SECRET" "The secret that goes with openid_client_id";
    OpenidName "openid_name" "NAME" "What the page calls the provider [default: OpenID Connect]";
    OpenidGroupsClaim "openid_groups_claim" "CLAIM" "Claim that lists a user's groups [default: groups]";
    OpenidRoleMap "openid_role_map" "GROUP=ROLE,…" "Which group gives which role, * for everybody; without it only invited users come in";
    LocalWorker "local_worker" "BOOL" "Let the server start a worker of its own when runs wait and no worker does [default: true]";
    ProcessEngine "process_engine" "BOOL" "Let workers execute nodes without an image as processes of their machine [default: false]";
    SecretKey "secret_key" "BASE64" "Key that stored secrets are sealed with, 32 bytes [default: kept in the data directory]";
    TrustedProxy "trusted_proxy" "RANGE,…" "Proxies in front of the server, the only ones that may connect from other machines";
    CorsOrigins "cors_origins" "ORIGIN,…" "Origins whose pages may call the API";
    AllowedHosts "allowed_hosts" "HOST,…" "Host names the server answers to, beside its own address";
    WebhookAllow "webhook_allow" "RANGE,…" "Private addresses that notifications may be sent to, such as 10.1.0.0/16";
    ObjectStoreUrl "object_store_url" "URL" "Bucket that artifacts are kept in instead of the data directory, like s3://bucket/prefix";
    ObjectStoreEndpoint "object_store_endpoint" "URL" "Where the bucket's store is, if it is not AWS";
    ObjectStoreRegion "object_store_region" "REGION" "Region of the bucket [default: us-east-1]";
    ObjectStoreAccessKey "object_store_access_key" "KEY" "Access key for the bucket [default: the machine's role]";
    ObjectStoreSecretKey "object_store_secret_key" "KEY" "Secret key that goes with it";
    LokiUrl "loki_url" "URL" "Loki that log lines are shipped to";
    LokiLabels "loki_labels" "run|low" "Labels of the lines in Loki: by run and node, or few streams for many runs [default: run]";
    LokiTenant "loki_tenant" "NAME" "Tenant that Loki is told (X-Scope-OrgID)";
    LokiUser "loki_user" "NAME" "User that Loki is told, with loki_password";
    LokiPassword "loki_password" "PASSWORD" "Password for loki_user";
    LokiToken "loki_token" "TOKEN" "Bearer token for Loki, instead of a user";
    LokiCaFile "loki_ca_file" "FILE" "Certificates (PEM) to trust for Loki beside the system's";
    LokiGrace "loki_grace" "DURATION" "How long shipped lines stay in PostgreSQL, before they are read back and trimmed [default: 10m]";
    LokiRate "loki_rate" "SIZE" "Bytes a second that are pushed to Loki at most, like 8MiB [default: no limit]";
    LogSpoolMax "log_spool_max" "SIZE" "Bytes that may wait for Loki before new lines are refused for a while [default: 10GiB]";
    LogFormat "log_format" "text|json" "Form of the program's own log [default: text]";
    LogLevel "log_level" "LEVEL" "Verbosity of the program's own log, like `info` or `warn,telltale=debug` [default: info]";
    OtlpEndpoint "otlp_endpoint" "URL" "Collector that telltale's own traces are sent to, over OTLP/HTTP, like http://127.0.0.1:4318";
    Lanes "lanes" "N" "Append lanes: parallel writers to the database [default: 2]";
    Url "url" "URL" "Server that the client commands talk to [default: the server on this machine]";
}

/// Every variable of telltale begins so, and one that no setting knows is a mistake worth a word.
pub(super) const ENV_PREFIX: &str = "TELLTALE_";

/// Variables that carry no setting but belong to telltale: the file's place, and what a node is told
/// about itself, so that telltale's own commands work inside a node.
pub(super) const ENV_ELSEWHERE: &[&str] = &[
    "TELLTALE_CONFIG",
    "TELLTALE_RUN_ID",
    "TELLTALE_NODE",
    "TELLTALE_NODE_REF",
    "TELLTALE_ATTEMPT",
    "TELLTALE_OUTPUT",
];

/// What a run's inputs are called inside its nodes.
pub(super) const ENV_INPUTS: &str = "TELLTALE_INPUT_";

/// Variables of the test suites, which are nobody's setting.
pub(super) const ENV_TESTS: &str = "TELLTALE_TEST_";

impl Key {
    /// As a variable: `TELLTALE_DATA_DIR`.
    #[must_use]
    pub fn env(self) -> String {
        format!("{ENV_PREFIX}{}", self.name().to_ascii_uppercase())
    }

    /// As a flag, without the dashes: `data-dir`.
    #[must_use]
    pub fn flag(self) -> String {
        self.name().replace('_', "-")
    }

    /// Whether the value is a list: commas in a flag or variable, an array in the file.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::CorsOrigins
                | Self::AllowedHosts
                | Self::WebhookAllow
                | Self::TrustedProxy
                | Self::OpenidRoleMap
        )
    }

    /// Whether the value is a secret, or may hold one, and is shown to nobody.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(
            self,
            Self::DatabaseUrl
                | Self::Token
                | Self::SecretKey
                | Self::ObjectStoreSecretKey
                | Self::LokiPassword
                | Self::OpenidClientSecret
                | Self::LokiToken
        )
    }

    /// What counts where nothing is set, as its help says it.
    #[must_use]
    pub fn default_text(self) -> Option<&'static str> {
        self.help().rsplit_once("[default: ")?.1.strip_suffix(']')
    }

    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// The key that `name` was probably meant to be: at most two letters off.
    pub(super) fn nearest(name: &str) -> Option<Self> {
        const FORGIVEN: usize = 2;
        Self::ALL
            .iter()
            .map(|key| (distance(name, key.name()), *key))
            .filter(|(off, _)| *off <= FORGIVEN)
            .min_by_key(|(off, _)| *off)
            .map(|(_, key)| key)
    }
}

/// Levenshtein's distance, over bytes: names are short and ASCII.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_spellings_agree() {
        assert_eq!(Key::DataDir.name(), "data_dir");
        assert_eq!(Key::DataDir.env(), "TELLTALE_DATA_DIR");
        assert_eq!(Key::DataDir.flag(), "data-dir");
        for key in Key::ALL {
            assert_eq!(Key::of_name(key.name()), Some(*key));
        }
    }

    #[test]
    fn a_slip_of_the_pen_finds_its_key() {
        assert_eq!(Key::nearest("lisen"), Some(Key::Listen));
        assert_eq!(Key::nearest("data-dir"), Some(Key::DataDir));
        assert_eq!(Key::nearest("quite_another"), None);
    }
}
