//! The connection to a bucket that speaks S3: who we are to it, and how long it may take.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};

use crate::facts::settings::BucketSettings;

/// A store in the same network accepts at once.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an answer may bring no byte. As a whole it may take as long as it moves.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// A store that is restarting is worth a moment; whoever uploads can ask again as well as we can.
const RETRIES_MAX: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens a bucket; nothing is asked of it yet. The reason of a failure completes "the bucket can't be used: …".
pub fn open(settings: &BucketSettings) -> Result<AmazonS3, String> {
    // An error says only that there is a provider already.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = ClientOptions::new()
        .with_timeout_disabled()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_read_timeout(READ_TIMEOUT)
        .with_allow_http(settings.is_plain());
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: RETRIES_MAX,
        retry_timeout: RETRY_TIMEOUT,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_client_options(client)
        .with_retry(retry);
    if let Some(endpoint) = &settings.endpoint {
        // Stores of one's own are seldom behind a name for each bucket.
        builder = builder.with_endpoint(endpoint).with_virtual_hosted_style_request(false);
    }
    if let Some(keys) = &settings.keys {
        builder = builder.with_access_key_id(&keys.access_key).with_secret_access_key(&keys.secret_key);
    }
    builder.build().map_err(|error| error.to_string())
}
