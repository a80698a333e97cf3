//! The documented limits with their documented defaults, and the answers given beyond them.
//!
//! <https://grafana.com/docs/loki/latest/operations/request-validation-rate-limits/>,
//! <https://grafana.com/docs/loki/latest/operations/troubleshooting/troubleshoot-ingest/>,
//! <https://grafana.com/docs/loki/latest/configure/#limits_config>.

use std::time::{Duration, Instant};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const HOUR: Duration = Duration::from_secs(3600);

/// What a tenant may do. The names are those of `limits_config`, but for `out_of_order`, half of `max_chunk_age`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `auth_enabled`: a request has to name its tenant.
    pub auth_enabled: bool,
    /// Bytes a second, and what may come at once (`ingestion_rate_mb`, `ingestion_burst_size_mb`).
    pub ingestion_rate: usize,
    pub ingestion_burst_size: usize,
    pub max_global_streams_per_user: usize,
    pub max_line_size: usize,
    pub max_label_names_per_series: usize,
    pub max_label_value_length: usize,
    pub allow_structured_metadata: bool,
    pub max_structured_metadata_size: usize,
    pub max_structured_metadata_entries_count: usize,
    pub reject_old_samples_max_age: Duration,
    pub creation_grace_period: Duration,
    /// How far behind a stream's newest entry another one may be.
    pub out_of_order: Duration,
    pub max_entries_limit_per_query: usize,
    pub max_query_length: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            auth_enabled: false,
            ingestion_rate: 4 * MIB,
            ingestion_burst_size: 6 * MIB,
            max_global_streams_per_user: 5_000,
            max_line_size: 256 * KIB,
            max_label_names_per_series: 15,
            max_label_value_length: 2_048,
            allow_structured_metadata: true,
            max_structured_metadata_size: 64 * KIB,
            max_structured_metadata_entries_count: 128,
            reject_old_samples_max_age: 168 * HOUR,
            creation_grace_period: Duration::from_secs(600),
            out_of_order: HOUR,
            max_entries_limit_per_query: 5_000,
            max_query_length: 721 * HOUR,
        }
    }
}

impl Limits {
    /// As this project's `loki-config.yaml` raises them.
    pub fn raised() -> Self {
        Self {
            ingestion_rate: 64 * MIB,
            ingestion_burst_size: 128 * MIB,
            max_global_streams_per_user: 100_000,
            max_line_size: MIB,
            max_structured_metadata_size: 128 * KIB,
            ..Self::default()
        }
    }
}

/// Bytes that may come now, refilled as time passes.
pub struct Bucket {
    level: f64,
    at: Instant,
}

impl Bucket {
    pub fn full(limits: &Limits) -> Self {
        Self { level: limits.ingestion_burst_size as f64, at: Instant::now() }
    }

    /// Takes `bytes` if they are there.
    pub fn take(&mut self, bytes: usize, limits: &Limits) -> bool {
        let passed = self.at.elapsed().as_secs_f64();
        self.at = Instant::now();
        let refilled = self.level + passed * limits.ingestion_rate as f64;
        self.level = refilled.min(limits.ingestion_burst_size as f64);
        let enough = self.level >= bytes as f64;
        if enough {
            self.level -= bytes as f64;
        }
        enough
    }
}
