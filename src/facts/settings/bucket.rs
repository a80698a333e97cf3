//! The settings about a bucket for artifacts, as one value: there only where one is set.

use std::fmt;

/// A bucket, and who we are to it.
#[derive(Clone, PartialEq, Eq)]
pub struct BucketSettings {
    pub bucket: String,
    /// Without slashes at its ends; empty for the bucket's root.
    pub prefix: String,
    /// None: AWS itself.
    pub endpoint: Option<String>,
    pub region: String,
    /// None: what the machine is given by its role.
    pub keys: Option<BucketKeys>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct BucketKeys {
    pub access_key: String,
    pub secret_key: String,
}

impl BucketSettings {
    /// The bucket of `s3://bucket/prefix`; why that is none completes a sentence of its own.
    pub fn of_url(
        text: &str,
        endpoint: Option<String>,
        region: String,
        keys: Option<BucketKeys>,
    ) -> Result<Self, String> {
        let (bucket, prefix) = url(text)?;
        Ok(Self { bucket, prefix, endpoint, region, keys })
    }

    /// Whether it is spoken to without TLS.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"))
    }
}

/// The secret stays out of logs.
impl fmt::Debug for BucketSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BucketSettings")
            .field("bucket", &self.bucket)
            .field("prefix", &self.prefix)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key", &self.keys.as_ref().map(|keys| &keys.access_key))
            .finish_non_exhaustive()
    }
}

/// `s3://bucket/prefix` in its two parts.
pub(super) fn url(text: &str) -> Result<(String, String), String> {
    let expected = || format!("a URL like s3://bucket/prefix is expected, not `{text}`");
    let rest = text.strip_prefix("s3://").ok_or_else(expected)?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // The rules that AWS has for buckets, and what no store makes something else of in a key.
    let of_bucket = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte);
    let of_prefix = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte);
    let prefix = prefix.trim_matches('/');
    let is_fit = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(of_bucket)
        && prefix.bytes().all(of_prefix)
        && prefix.len() <= 256
        && (prefix.is_empty() || prefix.split('/').all(|part| !matches!(part, "" | "." | "..")));
    if is_fit { Ok((bucket.to_owned(), prefix.to_owned())) } else { Err(expected()) }
}

/// Both halves of a pair of keys, or neither.
pub(super) fn keys(
    access_key: Option<String>,
    secret_key: Option<String>,
) -> Result<Option<BucketKeys>, &'static str> {
    match (access_key, secret_key) {
        (None, None) => Ok(None),
        (Some(access_key), Some(secret_key)) => Ok(Some(BucketKeys { access_key, secret_key })),
        _ => Err("access key and secret key go together; set both or neither"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_and_a_prefix() {
        let of = |text: &str| url(text).map(|(bucket, prefix)| format!("{bucket} {prefix}"));
        assert_eq!(of("s3://telltale"), Ok("telltale ".into()));
        assert_eq!(of("s3://my.bucket-1/a/b/"), Ok("my.bucket-1 a/b".into()));
        for bad in [
            "",
            "telltale",
            "https://x",
            "s3://",
            "s3://ab",
            "s3://UPPER",
            "s3://abc/../x",
            "s3://abc/a//b",
            "s3://abc/a b",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
        assert!(keys(Some("a".into()), None).is_err() && keys(None, None) == Ok(None));
    }
}
