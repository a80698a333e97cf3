//! Structured logs: to stderr, one event a line, as text or as JSON; stdout belongs to what a command answers.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{EnvFilter, LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use super::traces::{self, Traces};
use crate::facts::settings::{LogFormat, Settings};

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("RUST_LOG: {0}")]
    RustLog(ParseError),
    #[error("log_level: {0}")]
    LogLevel(ParseError),
    #[error("logs are already set up")]
    Twice,
}

/// Sends this process's logs to stderr, in the form and with the verbosity of the settings. `RUST_LOG`, where
/// it is set, decides the verbosity instead: it knows filters that the setting does not.
pub fn init_logs(settings: &Settings) -> Result<(), TelemetryError> {
    let rust_log = std::env::var("RUST_LOG").unwrap_or_default();
    let filter = match rust_log.as_str() {
        "" => EnvFilter::try_new(&settings.log_level).map_err(TelemetryError::LogLevel)?,
        given => EnvFilter::try_new(given).map_err(TelemetryError::RustLog)?,
    };
    // Spans for the collector are no lines of the log, and are not even made where no collector is set.
    let traces = settings
        .otlp_endpoint
        .as_ref()
        .map(|_| Traces::new().with_filter(Targets::new().with_target(traces::TARGET, LevelFilter::TRACE)));
    let registry = tracing_subscriber::registry().with(traces);
    let done = match settings.log_format {
        LogFormat::Text => {
            let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            registry
                .with(fmt::layer().with_writer(std::io::stderr).with_ansi(colours).with_filter(filter))
                .try_init()
        }
        LogFormat::Json => {
            let lines = fmt::layer().json().flatten_event(true).with_span_list(false);
            registry.with(lines.with_writer(std::io::stderr).with_filter(filter)).try_init()
        }
    };
    done.map_err(|_| TelemetryError::Twice)
}
