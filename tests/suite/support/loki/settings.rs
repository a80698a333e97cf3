//! The settings that a real Loki is started with, by tests and benches.

use std::path::Path;

use serde_json::{Value, json};

use super::stand_in::limits::Limits;

/// The project's own settings, moved into `directory`. JSON is YAML.
pub fn configured(directory: &Path, port: u16, grpc_port: u16, limits: &Limits) -> Value {
    let text = include_str!("../../../../loki-config.yaml");
    let mut config: Value = serde_saphyr::from_str(text).expect("loki-config.yaml is YAML");
    let within = |name: &str| json!(directory.join(name).display().to_string());
    config["auth_enabled"] = json!(limits.auth_enabled);
    config["server"]["http_listen_address"] = json!("127.0.0.1");
    config["server"]["http_listen_port"] = json!(port);
    config["server"]["grpc_listen_address"] = json!("127.0.0.1");
    config["server"]["grpc_listen_port"] = json!(grpc_port);
    config["common"]["path_prefix"] = within("loki");
    config["common"]["storage"]["filesystem"]["chunks_directory"] = within("chunks");
    config["common"]["storage"]["filesystem"]["rules_directory"] = within("rules");
    config["compactor"]["working_directory"] = within("compactor");
    let own = &mut config["limits_config"];
    own["ingestion_rate_mb"] = json!(limits.ingestion_rate as f64 / f64::from(1 << 20));
    own["ingestion_burst_size_mb"] = json!(limits.ingestion_burst_size as f64 / f64::from(1 << 20));
    own["max_global_streams_per_user"] = json!(limits.max_global_streams_per_user);
    own["max_line_size"] = json!(limits.max_line_size);
    own["max_structured_metadata_size"] = json!(limits.max_structured_metadata_size);
    own["allow_structured_metadata"] = json!(limits.allow_structured_metadata);
    config
}
