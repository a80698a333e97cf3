//! TLS towards PostgreSQL, with the meaning that libpq gives to `sslmode`.
//!
//! `prefer` and `require` encrypt without asking who is there, unless `sslrootcert` is given;
//! `verify-ca` asks for a trusted certificate, `verify-full` for one that names the host, too.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::url::{Mode, RootCert, TlsWish};

/// A connector that keeps `wish`. The reason of a failure completes "the database URL …".
pub(super) fn connector(wish: &TlsWish) -> Result<MakeRustlsConnect, String> {
    // Named here, since other crates of the binary bring providers of their own.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = verifier(wish, Arc::clone(&provider))?;
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("asks for TLS, which is not to be had: {error}"))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match (&wish.client_cert, &wish.client_key) {
        (Some(cert), Some(key)) => builder
            .with_client_auth_cert(certificates(cert)?, private_key(key)?)
            .map_err(|error| format!("names a client certificate that can't be used: {error}"))?,
        (None, None) => builder.with_no_client_auth(),
        _ => return Err("names only one of sslcert and sslkey".to_owned()),
    };
    // Asked for by servers that speak TLS from the first byte on (`sslnegotiation=direct`).
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

fn verifier(wish: &TlsWish, provider: Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let trust = match (wish.mode, &wish.root_cert) {
        (Mode::Disable | Mode::Prefer, _) | (Mode::Require, None) => {
            return Ok(Arc::new(Anyone { provider }));
        }
        (_, Some(RootCert::File(path))) => trust_file(path)?,
        (_, Some(RootCert::System) | None) => trust_system()?,
    };
    let strict = WebPkiServerVerifier::builder_with_provider(Arc::new(trust), provider)
        .build()
        .map_err(|error| format!("names root certificates that can't be used: {error}"))?;
    let full = wish.mode == Mode::VerifyFull || wish.root_cert == Some(RootCert::System);
    Ok(if full { strict } else { Arc::new(AnyName { strict }) })
}

fn trust_file(path: &Path) -> Result<RootCertStore, String> {
    let mut trust = RootCertStore::empty();
    for certificate in certificates(path)? {
        trust
            .add(certificate)
            .map_err(|error| format!("names {}, which can't be used: {error}", path.display()))?;
    }
    Ok(trust)
}

fn trust_system() -> Result<RootCertStore, String> {
    let found = rustls_native_certs::load_native_certs();
    let mut trust = RootCertStore::empty();
    let (added, _) = trust.add_parsable_certificates(found.certs);
    if added == 0 {
        return Err(
            "asks to verify the server, and this machine has no root certificates; give sslrootcert".into()
        );
    }
    Ok(trust)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error| format!("names {}, which can't be read: {error}", path.display());
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let certificates = certificates.map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(format!("names {}, which holds no certificate", path.display()));
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path)
        .map_err(|error| format!("names {}, which can't be read: {error}", path.display()))
}

/// `require`: whoever it is, it must hold the key of the certificate it shows.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// `verify-ca`: a trusted certificate, whatever name it carries.
#[derive(Debug)]
struct AnyName {
    strict: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        use CertificateError::{NotValidForName, NotValidForNameContext};
        // The name is compared last, after the chain, so that this error means "trusted otherwise".
        match self.strict.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls12_signature(message, cert, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.strict.verify_tls13_signature(message, cert, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.strict.supported_verify_schemes()
    }
}
