//! Takes out of a database URL what the driver does not know: how far TLS is verified.
//!
//! libpq's `sslmode` has six values and certificate files; `tokio-postgres` knows three and none. Both
//! forms are understood, `postgresql://…?sslmode=…` and `host=… sslmode=…`.

use std::path::PathBuf;

/// What libpq's `ssl…` parameters ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsWish {
    pub(super) mode: Mode,
    pub(super) root_cert: Option<RootCert>,
    pub(super) client_cert: Option<PathBuf>,
    pub(super) client_key: Option<PathBuf>,
}

/// `sslmode`, by libpq's names; `allow` counts as prefer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mode {
    Disable,
    #[default]
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// `sslrootcert`: the word `system`, or a PEM file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RootCert {
    System,
    File(PathBuf),
}

/// The URL without the parameters taken out, and these. A reason completes "the database URL …" and
/// never repeats the URL, which may hold a password.
pub(super) fn split(url: &str) -> Result<(String, TlsWish), String> {
    let mut wish = TlsWish::default();
    let rest = if url.contains("://") { split_url(url, &mut wish)? } else { split_pairs(url, &mut wish)? };
    Ok((rest, wish))
}

fn split_url(url: &str, wish: &mut TlsWish) -> Result<String, String> {
    let Some((base, query)) = url.split_once('?') else { return Ok(url.to_owned()) };
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !wish.take(name, &percent_decoded(value)?)? {
            kept.push(pair);
        }
    }
    Ok(if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) })
}

fn percent_decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.ok_or("has a `%` that no two hexadecimal digits follow")?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| "has a parameter that is not UTF-8".to_owned())
}

/// `name = value` pairs as libpq reads them: quotes around values with spaces, backslash escapes.
fn split_pairs(text: &str, wish: &mut TlsWish) -> Result<String, String> {
    let mut kept = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=').ok_or("has a word without a value")?;
        let name = name.trim();
        let (value, after) = value_of(after.trim_start())?;
        if !wish.take(name, &value)? {
            let quoted = value.replace('\\', "\\\\").replace('\'', "\\'");
            kept.push_str(&format!("{name}='{quoted}' "));
        }
        rest = after.trim_start();
    }
    Ok(kept.trim_end().to_owned())
}

fn value_of(text: &str) -> Result<(String, &str), String> {
    let quoted = text.starts_with('\'');
    let mut value = String::new();
    let mut letters = text.char_indices().skip(usize::from(quoted));
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, escaped)| escaped)),
            '\'' if quoted => return Ok((value, &text[at + 1..])),
            _ if !quoted && letter.is_whitespace() => return Ok((value, &text[at..])),
            _ => value.push(letter),
        }
    }
    if quoted { Err("has a quote that is not closed".to_owned()) } else { Ok((value, "")) }
}

impl TlsWish {
    /// Whether the parameter is one of ours.
    fn take(&mut self, name: &str, value: &str) -> Result<bool, String> {
        match name {
            "sslmode" => self.mode = mode(value)?,
            "sslrootcert" if value == "system" => self.root_cert = Some(RootCert::System),
            "sslrootcert" => self.root_cert = Some(RootCert::File(value.into())),
            "sslcert" => self.client_cert = Some(value.into()),
            "sslkey" => self.client_key = Some(value.into()),
            // Written by many tools; neither has a meaning here, where GSS is not spoken and SNI always sent.
            "gssencmode" if value != "require" => {}
            "sslsni" => {}
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn mode(value: &str) -> Result<Mode, String> {
    Ok(match value {
        "disable" => Mode::Disable,
        "allow" | "prefer" => Mode::Prefer,
        "require" => Mode::Require,
        "verify-ca" => Mode::VerifyCa,
        "verify-full" => Mode::VerifyFull,
        _ => {
            return Err(
                "has an sslmode that is none of disable, allow, prefer, require, verify-ca, verify-full"
                    .to_owned(),
            );
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_url_stays_as_it_is() {
        let url = "postgresql://u:p%40@h:1/d?connect_timeout=3&options=-c%20a%3Db";
        assert_eq!(split(url), Ok((url.to_owned(), TlsWish::default())));
    }

    #[test]
    fn tls_parameters_are_taken_out() {
        let (rest, wish) =
            split("postgres://h/d?sslmode=verify-full&sslrootcert=%2Fca%20x.pem&application_name=a").unwrap();
        assert_eq!(rest, "postgres://h/d?application_name=a");
        assert_eq!((wish.mode, wish.root_cert), (Mode::VerifyFull, Some(RootCert::File("/ca x.pem".into()))));
        let (rest, wish) = split("postgres://h/d?sslmode=require").unwrap();
        assert_eq!((rest.as_str(), wish.mode), ("postgres://h/d", Mode::Require));
    }

    #[test]
    fn pairs_are_read_like_libpq_does() {
        let (rest, wish) =
            split(r"host=/run/pg  sslmode = verify-ca password='a b\'c' sslrootcert=system").unwrap();
        assert_eq!(rest, r"host='/run/pg' password='a b\'c'");
        assert_eq!((wish.mode, wish.root_cert), (Mode::VerifyCa, Some(RootCert::System)));
        assert!(split("host='open").is_err());
        assert!(split("host").is_err());
    }

    #[test]
    fn a_wrong_mode_is_named_without_the_password() {
        let reason = split("postgres://u:hunter2@h/d?sslmode=maybe").unwrap_err();
        assert!(reason.contains("sslmode") && !reason.contains("hunter2"));
        assert!(split("postgres://h/d?sslrootcert=%zz").is_err());
    }
}
