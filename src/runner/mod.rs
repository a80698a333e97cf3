//! Executes workflow files: Docker containers and local processes, recorded through the HTTP client.
