//! What a server must not be in production, each with its reason. Pure: what is to be known about the machine is passed in.

use super::{Fault, Key, Settings};
use crate::facts::status::words;

/// Shortest token that nobody tries out.
const TOKEN_MIN_BYTES: usize = 16;
/// Secrets that everybody knows: from examples, ours among them, and from other programs' defaults.
const WELL_KNOWN: [&str; 14] = [
    "admin",
    "change-me",
    "changeme",
    "default",
    "minioadmin",
    "password",
    "postgres",
    "root",
    "s3cret",
    "secret",
    "telltale",
    "telltale-secret",
    "test",
    "token",
];

words! {
    /// What the server may be.
    Mode {
        Development = "development",
        /// Unsafe combinations stop the start.
        Production = "production",
    }
}

/// What is to be known about the data directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The name of the file system, where it is another machine's.
    pub network_filesystem: Option<&'static str>,
}

/// All that is unsafe.
pub(super) fn faults(settings: &Settings, place: Place) -> Vec<Fault> {
    [
        open_without_tls(settings),
        weak_token(settings),
        weak_database_password(settings),
        weak_secret_key(settings),
        weak_bucket_key(settings),
        database_on_network(settings, place),
        process_engine(settings),
        plain_origin(settings),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn unsafe_in_production(key: Key, reason: String) -> Fault {
    Fault::new(key.name(), format!("{reason} (mode is production)"))
}

fn open_without_tls(settings: &Settings) -> Option<Fault> {
    let is_open = !settings.is_loopback() && settings.trusted_proxy.is_empty();
    let reason = format!(
        "{} can be reached from other machines without TLS; name the proxy that ends TLS in {}, which then is the only one that may connect, \
         or listen on 127.0.0.1",
        settings.listen,
        Key::TrustedProxy.name(),
    );
    is_open.then(|| unsafe_in_production(Key::Listen, reason))
}

fn weak_token(settings: &Settings) -> Option<Fault> {
    let token = settings.token.as_deref()?;
    let reason = if is_well_known(token) {
        "everybody knows this token; make one with `openssl rand -hex 32`".to_owned()
    } else if token.len() < TOKEN_MIN_BYTES {
        format!(
            "a token of less than {TOKEN_MIN_BYTES} characters can be tried out; make one with `openssl rand -hex 32`"
        )
    } else {
        return None;
    };
    Some(unsafe_in_production(Key::Token, reason))
}

fn weak_database_password(settings: &Settings) -> Option<Fault> {
    let password = password_of(settings.database_url.as_deref()?)?;
    let reason = "everybody knows the password in it; give the database's user another one".to_owned();
    is_well_known(password).then(|| unsafe_in_production(Key::DatabaseUrl, reason))
}

/// The password of a URL or of `key=value` pairs.
fn password_of(url: &str) -> Option<&str> {
    match url.split_once("://") {
        Some((_, rest)) => {
            rest.split('/').next()?.rsplit_once('@')?.0.split_once(':').map(|(_, password)| password)
        }
        None => url.split_whitespace().find_map(|pair| pair.strip_prefix("password=")),
    }
}

fn weak_secret_key(settings: &Settings) -> Option<Fault> {
    let bytes = settings.secret_key.as_ref()?.bytes();
    let reason = "all its bytes are the same; make one with `openssl rand -base64 32`".to_owned();
    bytes.iter().all(|byte| *byte == bytes[0]).then(|| unsafe_in_production(Key::SecretKey, reason))
}

fn weak_bucket_key(settings: &Settings) -> Option<Fault> {
    let keys = settings.bucket.as_ref()?.keys.as_ref()?;
    let reason = "everybody knows this key; give the store another one".to_owned();
    is_well_known(&keys.secret_key).then(|| unsafe_in_production(Key::ObjectStoreSecretKey, reason))
}

fn database_on_network(settings: &Settings, place: Place) -> Option<Fault> {
    let name = place.network_filesystem.filter(|_| settings.database_url.is_none())?;
    let reason = format!(
        "{} is on {name}, where the embedded database can lose what it has acknowledged; use a local disk, or set {}",
        settings.data_dir.display(),
        Key::DatabaseUrl.name(),
    );
    Some(unsafe_in_production(Key::DataDir, reason))
}

fn process_engine(settings: &Settings) -> Option<Fault> {
    let reason = format!(
        "the server's own worker would execute other people's commands as its own user, beside its secrets; set {} to false and start \
         `telltale worker` elsewhere, or give nodes an image",
        Key::LocalWorker.name(),
    );
    (settings.process_engine && settings.local_worker)
        .then(|| unsafe_in_production(Key::ProcessEngine, reason))
}

fn plain_origin(settings: &Settings) -> Option<Fault> {
    let is_plain = |origin: &&String| {
        let rest = origin.strip_prefix("http://").unwrap_or_default();
        !rest.is_empty() && !["localhost", "127.0.0.1", "[::1]"].iter().any(|own| rest.starts_with(own))
    };
    let origin = settings.cors_origins.iter().find(is_plain)?;
    let reason = format!(
        "a page that came without TLS, from {origin}, would get what the server knows; let it have https"
    );
    Some(unsafe_in_production(Key::CorsOrigins, reason))
}

fn is_well_known(secret: &str) -> bool {
    let plain = secret.to_ascii_lowercase();
    WELL_KNOWN.iter().any(|known| plain.trim_end_matches(|c: char| c.is_ascii_digit() || c == '!') == *known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::settings::{Machine, Sources};

    fn settings(flags: &[(Key, &str)]) -> Settings {
        let flags = flags.iter().map(|(key, text)| (*key, (*text).to_owned()));
        let flags = std::iter::once((Key::DataDir, "/d".to_owned())).chain(flags).collect();
        let machine = Machine { is_root: false };
        Settings::resolve(&Sources { flags, env: Vec::new(), file: None, machine }).unwrap()
    }

    fn names(flags: &[(Key, &str)], network_filesystem: Option<&'static str>) -> Vec<String> {
        let found = faults(&settings(flags), Place { network_filesystem });
        found.into_iter().map(|fault| fault.name).collect()
    }

    #[test]
    fn what_is_safe_is_let_be() {
        let token = (Key::Token, "0123456789abcdef0123");
        assert_eq!(names(&[], None), [""; 0]);
        assert_eq!(
            names(&[(Key::Listen, "0.0.0.0:80"), token, (Key::TrustedProxy, "10.0.0.5")], None),
            [""; 0]
        );
        let url = (Key::DatabaseUrl, "postgres://telltale:kq9-Zw1x@db/telltale");
        assert_eq!(names(&[url], Some("NFS")), [""; 0]);
        assert_eq!(names(&[(Key::ProcessEngine, "true"), (Key::LocalWorker, "false")], None), [""; 0]);
        assert_eq!(names(&[(Key::CorsOrigins, "https://a.example,http://localhost:3000")], None), [""; 0]);
    }

    #[test]
    fn all_that_is_unsafe_is_told_at_once_and_no_secret_with_it() {
        let flags = [
            (Key::Listen, "0.0.0.0:80"),
            (Key::Token, "changeme"),
            (Key::SecretKey, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
            (Key::ObjectStoreUrl, "s3://abc"),
            (Key::ObjectStoreAccessKey, "a"),
            (Key::ObjectStoreSecretKey, "minioadmin"),
            (Key::ProcessEngine, "true"),
            (Key::CorsOrigins, "http://app.example"),
        ];
        let found = faults(&settings(&flags), Place { network_filesystem: Some("NFS") });
        let names: Vec<&str> = found.iter().map(|fault| fault.name.as_str()).collect();
        let expected = [
            "listen",
            "token",
            "secret_key",
            "object_store_secret_key",
            "data_dir",
            "process_engine",
            "cors_origins",
        ];
        assert_eq!(names, expected);
        let said = format!("{found:?}");
        assert!(!said.contains("changeme") && !said.contains("minioadmin"), "{said}");
        for url in
            ["postgres://u:postgres@h/d", "postgresql://u:Secret1@h", "host=h password=telltale user=u"]
        {
            assert_eq!(super::tests::names(&[(Key::DatabaseUrl, url)], None), ["database_url"], "{url}");
        }
        assert_eq!(super::tests::names(&[(Key::Token, "12345678")], None), ["token"]);
    }
}
