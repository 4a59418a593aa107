//! TLS with a certificate of its own: clients with the providers' hosts in them speak nothing else.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::Uri;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use crate::config::Config;
use crate::stand_ins;

/// By which containers and emulators know the machine they run on.
const THIS_MACHINE: [&str; 6] =
    ["localhost", "127.0.0.1", "::1", "10.0.2.2", "host.docker.internal", "host.containers.internal"];

/// Makes a certificate and writes it where the settings say; its key is nowhere but here.
pub(crate) fn acceptor(config: &Config, at: SocketAddr) -> io::Result<(TlsAcceptor, PathBuf)> {
    let made = generate_simple_self_signed(names(config, at)).map_err(io::Error::other)?;
    let usual = || std::env::temp_dir().join(format!("idvkit-sandbox-{}.pem", at.port()));
    let file = config.certificate.clone().unwrap_or_else(usual);
    write(&file, &made.cert.pem())?;
    Ok((TlsAcceptor::from(Arc::new(server(&made)?)), file))
}

fn names(config: &Config, at: SocketAddr) -> Vec<String> {
    let hosts = stand_ins::hosts().map(|(host, _)| host.to_owned());
    let public = config.public_url.iter().chain(config.public_hosts.values());
    let public = public.filter_map(|url| Some(url.parse::<Uri>().ok()?.host()?.trim_matches(['[', ']']).to_owned()));
    let mut names: Vec<String> =
        THIS_MACHINE.map(Into::into).into_iter().chain([at.ip().to_string()]).chain(hosts).chain(public).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn server(made: &CertifiedKey<KeyPair>) -> io::Result<ServerConfig> {
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key.into()))
        .map_err(io::Error::other)
}

/// A new file in place of an earlier one: in a folder of everybody's it must not follow what somebody else put there.
fn write(file: &Path, pem: &str) -> io::Result<()> {
    let said = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(said(error)),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .and_then(|mut it| it.write_all(pem.as_bytes()))
        .map_err(said)
}
