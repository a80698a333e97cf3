//! The one place that chooses the TLS provider of the process.

/// Makes *ring* the TLS provider of this process; harmless when it, or another one, already is.
///
/// Several dependencies bring different providers, and rustls refuses to guess between them; every
/// role calls this before its first connection.
pub fn install_tls_provider() {
    // The error says only that a provider is installed already, which is what is wanted here.
    drop(rustls::crypto::ring::default_provider().install_default());
}
