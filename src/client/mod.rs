//! Typed client of the HTTP API: what the CLI and the runner talk to a server with.
