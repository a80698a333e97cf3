//! The rules for one value each: text in, typed value or the reason why not.

use std::net::{IpAddr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use http::Uri;

use super::LogFormat;
use crate::facts::workflow::duration;

/// A reason completes the sentence "`name`: …".
pub(super) type Parsed<T> = Result<T, String>;

pub(super) fn boolean(text: &str) -> Parsed<bool> {
    match text {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(format!("true or false is expected, not `{text}`")),
    }
}

pub(super) fn number(text: &str, range: RangeInclusive<usize>) -> Parsed<usize> {
    match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("a number from {} to {} is expected, not `{text}`", range.start(), range.end())),
    }
}

pub(super) fn path(text: &str) -> Parsed<PathBuf> {
    if text.is_empty() {
        return Err("a path is expected".to_owned());
    }
    if text.starts_with('~') {
        return Err("`~` has no meaning here; write the path out".to_owned());
    }
    if text.contains('\0') {
        return Err("a path holds no zero byte".to_owned());
    }
    Ok(PathBuf::from(text))
}

/// `address:port`; the address is an IPv4, an IPv6 in brackets, or `localhost`.
pub(super) fn listen(text: &str) -> Parsed<String> {
    match split_listen(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!("address:port is expected, like 127.0.0.1:4780 or [::1]:0, not `{text}`")),
    }
}

fn split_listen(text: &str) -> Option<(IpAddr, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = Some(port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    let address = if host == "localhost" {
        IpAddr::from([127, 0, 0, 1])
    } else if let Some(inner) = host.strip_prefix('[') {
        IpAddr::V6(inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?)
    } else {
        IpAddr::V4(host.parse().ok()?)
    };
    Some((address, port))
}

/// Whether only this machine can reach the address; what can't be parsed is not called safe.
pub(super) fn is_loopback(listen: &str) -> bool {
    split_listen(listen).is_some_and(|(address, _)| address.to_canonical().is_loopback())
}

/// The value may hold a password, so that no reason repeats it.
pub(super) fn database_url(text: &str) -> Parsed<String> {
    let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    let is_pairs = !text.contains("://") && text.contains('=');
    if is_url || is_pairs {
        Ok(text.to_owned())
    } else {
        Err("a URL like postgresql://user:password@host:5432/database is expected".to_owned())
    }
}

/// An address of another server, without the trailing slash, so that paths can be put behind it.
pub(super) fn http_url(text: &str) -> Parsed<String> {
    let expected =
        || format!("a URL like http://127.0.0.1:4780 is expected, not `{}`", without_password(text));
    let uri: Uri = text.parse().map_err(|_| expected())?;
    let http = matches!(uri.scheme_str(), Some("http" | "https"));
    if !http || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
        return Err(expected());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Where a Loki is; the path of its push API may stand behind it, as other shippers want it.
pub(super) fn loki_url(text: &str) -> Parsed<String> {
    const PUSH: &str = "/loki/api/v1/push";
    let url = http_url(text)?;
    if url.parse::<Uri>().is_ok_and(|uri| uri.authority().is_some_and(|a| a.as_str().contains('@'))) {
        return Err("user and password don't belong into the URL; set loki_user and loki_password".to_owned());
    }
    Ok(url.strip_suffix(PUSH).unwrap_or(&url).to_owned())
}

/// Where a store of buckets is. Over the network only with TLS, since what is sent may be secret.
pub(super) fn bucket_endpoint(text: &str) -> Parsed<String> {
    let url = http_url(text)?;
    let uri = url.parse::<Uri>().map_err(|error| error.to_string())?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("user and password don't belong into the URL; set object_store_access_key and object_store_secret_key".to_owned());
    }
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if uri.scheme_str() == Some("http") && !is_here {
        return Err("an https URL is expected; http is for a store on this machine".to_owned());
    }
    Ok(url)
}

/// A region's name, which becomes part of signatures and host names.
pub(super) fn region(text: &str) -> Parsed<String> {
    const LONGEST: usize = 64;
    if (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        Ok(text.to_owned())
    } else {
        Err(format!("a region like eu-central-1 is expected, not `{text}`"))
    }
}

/// A tenant as Loki takes it: a name that may become part of a path.
pub(super) fn loki_tenant(text: &str) -> Parsed<String> {
    const LONGEST: usize = 150;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!-_.*'()".contains(&byte);
    if (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits) && text != "." && text != ".." {
        Ok(text.to_owned())
    } else {
        Err(format!("a tenant has 1 to {LONGEST} letters, digits and signs of !-_.*'()"))
    }
}

/// A name in front of a password, which a colon ends.
pub(super) fn user(text: &str) -> Parsed<String> {
    if text.contains(':') {
        return Err("a user's name holds no colon".to_owned());
    }
    password(text)
}

/// Any text that somebody can type; no reason repeats it.
pub(super) fn password(text: &str) -> Parsed<String> {
    const LONGEST: usize = 4_096;
    if (1..=LONGEST).contains(&text.len()) && !text.contains(char::is_control) {
        Ok(text.to_owned())
    } else {
        Err(format!("1 to {LONGEST} bytes of text without control characters are expected"))
    }
}

/// What may travel in a header as it is; no reason repeats it.
pub(super) fn header(text: &str) -> Parsed<String> {
    const LONGEST: usize = 4_096;
    if (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        Ok(text.to_owned())
    } else {
        Err(format!("1 to {LONGEST} printable ASCII characters are expected"))
    }
}

pub(super) fn duration(text: &str) -> Parsed<Duration> {
    duration::parse(text).ok_or_else(|| format!("{} is expected, not `{text}`", duration::DURATION_EXPECTED))
}

/// Bytes, from one KiB to what no disk of ours has.
pub(super) fn size(text: &str) -> Parsed<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let unit = match &text[digits..] {
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => 64,
    };
    let number = text[..digits].parse::<u64>().ok().filter(|number| (1..=1 << 20).contains(number));
    let bytes = number.and_then(|number| number.checked_mul(1_u64.checked_shl(unit)?));
    bytes
        .filter(|bytes| *bytes < 1 << 60)
        .ok_or_else(|| format!("a size such as 512MiB or 10GiB is expected, not `{text}`"))
}

fn without_password(url: &str) -> &str {
    url.rsplit_once('@').map_or(url, |(_, rest)| rest)
}

/// What `Authorization: Bearer …` can carry, long enough not to be guessed at once.
pub(super) fn token(text: &str) -> Parsed<String> {
    const SHORTEST: usize = 8;
    const LONGEST: usize = 512;
    if !(SHORTEST..=LONGEST).contains(&text.len()) {
        return Err(format!("a token has {SHORTEST} to {LONGEST} characters, this one has {}", text.len()));
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token holds printable ASCII characters without spaces".to_owned());
    }
    Ok(text.to_owned())
}

/// An origin as browsers send it: scheme, host, port if unusual, nothing behind.
pub(super) fn origin(text: &str) -> Parsed<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let valid = rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '*', ' ']))
        && text.parse::<Uri>().is_ok();
    if valid {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("an origin like https://app.example.com is expected, not `{text}`"))
    }
}

/// A host name or address, without a port: the port is the server's own.
pub(super) fn host(text: &str) -> Parsed<String> {
    let bracketed = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    let valid = match bracketed {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)),
    };
    if valid {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("a host name without scheme and port is expected, not `{text}`"))
    }
}

pub(super) fn log_format(text: &str) -> Parsed<LogFormat> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("text or json is expected, not `{text}`")),
    }
}

/// A level, or levels by target, separated by commas.
pub(super) fn log_level(text: &str) -> Parsed<String> {
    const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
    let valid = text.split(',').all(|piece| {
        let (target, level) = piece.split_once('=').unwrap_or(("telltale", piece));
        let named = target.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':');
        !target.is_empty() && named && LEVELS.contains(&level)
    });
    if valid {
        Ok(text.to_owned())
    } else {
        Err(format!("one of {} is expected, or target=level pairs, not `{text}`", LEVELS.join(", ")))
    }
}
