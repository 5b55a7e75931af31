//! Certificates for replication over mutual TLS, made on the spot: an authority, the publisher's server, the subscriber as a
//! client. They have nothing to do with those of a federation.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

use super::cluster::Cluster;
use super::error::Result;

/// As whom the subscriber comes: the name in its certificate and the role that it names.
pub(super) const REPLICATOR: &str = "replicator";

/// What a subscriber needs to come in.
#[derive(Debug)]
pub(super) struct ClientFiles {
    authority: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
}

impl ClientFiles {
    /// How to reach the publisher with them.
    pub(super) fn connection(&self, publisher: &Cluster, database: &str) -> String {
        let path = |path: &Path| path.display().to_string();
        format!(
            "host=localhost hostaddr=127.0.0.1 port={} dbname={database} user={REPLICATOR} sslmode=verify-full \
             ssl_min_protocol_version=TLSv1.3 sslrootcert={} sslcert={} sslkey={}",
            publisher.address.port,
            path(&self.authority),
            path(&self.certificate),
            path(&self.key)
        )
    }
}

/// Makes a publisher take the replicator over TLS with a certificate, and in no other way; and gives a subscriber what it needs.
pub(super) async fn between(publisher: &Cluster, subscriber: &Cluster) -> Result<ClientFiles> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "authority of the comparison");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let issue = |name: &str, usage: ExtendedKeyUsagePurpose| -> Result<(String, String)> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        Ok((params.signed_by(&key, &authority)?.pem(), key.serialize_pem()))
    };
    let server = issue("localhost", ExtendedKeyUsagePurpose::ServerAuth)?;
    let client = issue(REPLICATOR, ExtendedKeyUsagePurpose::ClientAuth)?;
    let place = |cluster: &Cluster, name: &str, text: &str| -> Result<PathBuf> {
        let path = cluster.exchange()?.join(name);
        fs::write(&path, text)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        cluster.give(&path)?;
        Ok(path)
    };
    let ca = place(publisher, "ca.pem", &authority.pem())?;
    let certificate = place(publisher, "server.pem", &server.0)?;
    let key = place(publisher, "server.key", &server.1)?;
    let rules = publisher.folder.join("data/pg_hba.conf");
    let rule = format!("hostssl all {REPLICATOR} 127.0.0.1/32 cert clientcert=verify-full\n");
    fs::write(&rules, rule + &fs::read_to_string(&rules)?)?;
    let set = |name: &str, value: &Path| format!("ALTER SYSTEM SET {name} = '{}'", value.display());
    let statements = [
        set("ssl_ca_file", &ca),
        set("ssl_cert_file", &certificate),
        set("ssl_key_file", &key),
        "ALTER SYSTEM SET ssl = on".to_owned(),
        "ALTER SYSTEM SET ssl_min_protocol_version = 'TLSv1.3'".to_owned(),
        "SELECT pg_reload_conf()".to_owned(),
        format!("DROP ROLE IF EXISTS {REPLICATOR}"),
        format!("CREATE ROLE {REPLICATOR} LOGIN REPLICATION"),
        format!("GRANT pg_read_all_data TO {REPLICATOR}"),
    ];
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    publisher.run("postgres", &statements).await?;
    Ok(ClientFiles {
        authority: place(subscriber, "ca.pem", &authority.pem())?,
        certificate: place(subscriber, "client.pem", &client.0)?,
        key: place(subscriber, "client.key", &client.1)?,
    })
}
