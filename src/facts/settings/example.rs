//! `.env.example`: every setting as a variable, with what it is for and a value to begin with.
//!
//! Written from here (`telltale config example`), so that it names every setting and no other; a test compares the file.

use std::fmt::Write as _;

use super::Key;

const HEAD: &str = "\
# Every setting of telltale, as a variable. The same names in lower case and without the prefix stand in\n\
# telltale.toml, and with dashes as flags; flags win over variables, variables over the file.\n\
# An unknown or invalid one stops the start, with its name and the reason.\n";

/// A setting's lines: whether a paragraph begins, what is said in front of it, and its value.
struct Line(bool, &'static str, Key, &'static str);

const LINES: &[Line] = &[
    Line(
        true,
        "Where the embedded database, artifacts and caches live. Default: ~/.local/share/telltale, for root /var/lib/telltale.",
        Key::DataDir,
        "/var/lib/telltale",
    ),
    Line(
        true,
        "address:port; port 0 picks a free one and prints it. Other addresses than loopback ask everyone to sign in, or for the token.",
        Key::Listen,
        "127.0.0.1:4780",
    ),
    Line(
        true,
        "production refuses what is unsafe there, and says why: no TLS in front of a public address, well-known secrets, nodes as plain processes.",
        Key::Mode,
        "production",
    ),
    Line(
        true,
        "PostgreSQL to use instead of the embedded one.",
        Key::DatabaseUrl,
        "postgres://telltale:secret@db.example.org/telltale?sslmode=verify-full",
    ),
    Line(
        false,
        "false behind a pooler in transaction mode (pgbouncer), which keeps no prepared statements.",
        Key::DatabasePrepared,
        "true",
    ),
    Line(false, "Connections in the pool, 4 to 200.", Key::DatabasePool, "16"),
    Line(
        false,
        "Folder with initdb and postgres, when they are neither on PATH nor where Debian puts them.",
        Key::PostgresBin,
        "/usr/lib/postgresql/15/bin",
    ),
    Line(
        false,
        "Folder for the embedded database's socket, whose path the system limits to about 100 bytes.",
        Key::SocketDir,
        "/run/telltale",
    ),
    Line(
        true,
        "Nodes with an image run in Docker. Nodes without one are processes of the machine, other people's code that nothing holds\nback: workers execute them only where this is true (`telltale run FILE` always does, for the person who starts it).",
        Key::ProcessEngine,
        "false",
    ),
    Line(
        false,
        "Whether the server starts a worker of its own when runs wait for one and nobody else asks for them.",
        Key::LocalWorker,
        "true",
    ),
    Line(
        true,
        "Bearer token that the server asks for, and that the client commands send. It opens everything, beside the accounts.",
        Key::Token,
        "",
    ),
    Line(
        false,
        "Whether one has to sign in on this machine too, before there are users: the first start then prints a one-time link.",
        Key::RequireSignIn,
        "false",
    ),
    Line(
        true,
        "OpenID Connect: a provider that users may sign in with, and which of its groups gives which role (* is everybody).\nThe provider leads back to https://HOST/api/v1/session/openid/callback. Without a role map only invited users come in.",
        Key::OpenidIssuer,
        "https://id.example.org/realms/main",
    ),
    Line(false, "", Key::OpenidClientId, "telltale"),
    Line(false, "", Key::OpenidClientSecret, ""),
    Line(false, "", Key::OpenidName, "Example ID"),
    Line(false, "", Key::OpenidGroupsClaim, "groups"),
    Line(false, "", Key::OpenidRoleMap, "telltale-admins=owner,developers=member,*=viewer"),
    Line(
        false,
        "Key that stored secrets are sealed with: 32 bytes in base64 (openssl rand -base64 32). Without it one is made\nand kept as secret.key in the data directory. Servers that share a database need the same.",
        Key::SecretKey,
        "",
    ),
    Line(
        true,
        "The proxies in front, which end TLS. When set, nobody else may connect, but from this machine.",
        Key::TrustedProxy,
        "10.0.0.5",
    ),
    Line(
        true,
        "Origins whose pages may call the API, and host names that the server answers to beside its own address.",
        Key::CorsOrigins,
        "https://dashboard.example.org",
    ),
    Line(false, "", Key::AllowedHosts, "telltale.example.org"),
    Line(
        true,
        "Private addresses that notifications may be sent to; public ones always may be.",
        Key::WebhookAllow,
        "10.1.0.0/16",
    ),
    Line(
        true,
        "A bucket for artifacts instead of the data directory. The endpoint is for stores other than AWS; http only for one on this machine.",
        Key::ObjectStoreUrl,
        "s3://telltale/artifacts",
    ),
    Line(false, "", Key::ObjectStoreEndpoint, "https://s3.example.org"),
    Line(false, "", Key::ObjectStoreRegion, "us-east-1"),
    Line(false, "Both or neither; without them the machine's role counts.", Key::ObjectStoreAccessKey, ""),
    Line(false, "", Key::ObjectStoreSecretKey, ""),
    Line(
        true,
        "Loki that log lines are shipped to; without it they stay in PostgreSQL.",
        Key::LokiUrl,
        "http://loki.example.org:3100",
    ),
    Line(
        false,
        "Labels of the lines there: run = {org, run_id, node, stream}; low = {service, org, workflow, stream}, for many runs.",
        Key::LokiLabels,
        "run",
    ),
    Line(
        false,
        "What Loki is told: a tenant (X-Scope-OrgID), a user with a password or a bearer token; and whom to trust beside the system's certificates.",
        Key::LokiTenant,
        "telltale",
    ),
    Line(false, "", Key::LokiUser, "telltale"),
    Line(false, "", Key::LokiPassword, ""),
    Line(false, "", Key::LokiToken, ""),
    Line(false, "", Key::LokiCaFile, "/etc/telltale/loki-ca.pem"),
    Line(
        false,
        "How long shipped lines stay in PostgreSQL; then they are read back from Loki, compared, and trimmed.",
        Key::LokiGrace,
        "10m",
    ),
    Line(false, "Bytes a second that are pushed at most. Default: no limit.", Key::LokiRate, "8MiB"),
    Line(
        false,
        "Bytes that may wait while Loki is away. From 80 % readiness says so; when it is full, new lines are refused (503) and kept by who\nsends them.",
        Key::LogSpoolMax,
        "10GiB",
    ),
    Line(true, "The program's own log.", Key::LogFormat, "text"),
    Line(false, "", Key::LogLevel, "info"),
    Line(
        true,
        "Collector that telltale's own traces are sent to, over OTLP/HTTP (JSON). Default: nowhere.",
        Key::OtlpEndpoint,
        "http://127.0.0.1:4318",
    ),
    Line(true, "Append lanes: parallel writers to the database, 1 to 16.", Key::Lanes, "2"),
    Line(
        true,
        "For the client commands: the server to talk to. Default: the server on this machine.",
        Key::Url,
        "http://127.0.0.1:4780",
    ),
];

/// The text of the file.
#[must_use]
pub fn example() -> String {
    let mut text = String::from(HEAD);
    for Line(is_paragraph, said, key, value) in LINES {
        push(&mut text, *is_paragraph, said, *key, value);
    }
    // What has no words of its own here is named all the same.
    for key in Key::ALL.iter().filter(|key| LINES.iter().all(|line| line.2 != **key)) {
        push(&mut text, true, key.help(), *key, "");
    }
    text
}

fn push(text: &mut String, is_paragraph: bool, said: &str, key: Key, value: &str) {
    if is_paragraph {
        text.push('\n');
    }
    for line in said.lines() {
        // Writing into memory does not fail.
        let _ = writeln!(text, "# {line}");
    }
    let _ = writeln!(text, "#{}={value}", key.env());
}
