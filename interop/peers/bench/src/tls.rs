//! rustls with AWS-LC, as a case asks for it.

use std::sync::Arc;

use rustls::crypto::{aws_lc_rs, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::client::Resumption;
use rustls::version::TLS13;
use rustls::{ClientConfig, KeyLogFile, RootCertStore, ServerConfig};

use crate::{Arguments, Outcome};

pub fn server(arguments: &Arguments) -> Outcome<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(arguments.path("cert")?)?.collect::<Result<_, _>>()?;
    let key = PrivateKeyDer::from_pem_file(arguments.path("key")?)?;
    let mut config = ServerConfig::builder_with_provider(provider(arguments))
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![arguments.text("alpn")?.into()];
    config.key_log = Arc::new(KeyLogFile::new());
    Ok(config)
}

pub fn client(arguments: &Arguments) -> Outcome<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(arguments.path("ca")?)? {
        roots.add(authority?)?;
    }
    let mut config = ClientConfig::builder_with_provider(provider(arguments))
        .with_protocol_versions(&[&TLS13])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![arguments.text("alpn")?.into()];
    config.key_log = Arc::new(KeyLogFile::new());
    if !arguments.has("resume") {
        config.resumption = Resumption::disabled();
    }
    Ok(config)
}

fn provider(arguments: &Arguments) -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    if arguments.has("chacha20") {
        let chacha20 = aws_lc_rs::cipher_suite::TLS13_CHACHA20_POLY1305_SHA256;
        provider.cipher_suites.retain(|suite| *suite == chacha20);
    }
    if arguments.has("post-quantum") {
        provider.kx_groups = vec![aws_lc_rs::kx_group::X25519MLKEM768, aws_lc_rs::kx_group::X25519];
    }
    Arc::new(provider)
}
