//! Tests of the certificate authority: what it writes into a certificate, and what it does not let in.

use std::os::unix::fs::PermissionsExt;

use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose, SanType};

use super::profile::DAY_SECONDS;
use super::*;
use crate::identity::certificate::PeerCertificate;
use crate::identity::request::make_request;

/// 2026-01-01T00:00:00Z.
const NOW: Timestamp = Timestamp(1_767_225_600_000_000);
const SERIAL: [u8; 16] = [0xff; 16];

fn federation() -> FederationId {
    FederationId::parse("lapor.go.id").unwrap()
}

fn authority() -> (tempfile::TempDir, Authority) {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(&dir.path().join("ca"), &federation(), NOW, &[1; 32]).unwrap();
    (dir, authority)
}

fn padang() -> UnitCode {
    UnitCode::parse("13.71").unwrap()
}

fn issue(authority: &Authority, request: &str) -> IssuedCertificate {
    authority.issue_node(request, &padang(), NOW, LIFETIME_DEFAULT, SERIAL).unwrap()
}

fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn request(seed: u8) -> String {
    let id = SpiffeId::new(federation(), padang().into());
    make_request(&TlsKey::from_seed(&[seed; 32]).unwrap(), &id).unwrap()
}

#[test]
fn csr_asks_to_be_a_ca() {
    let (_dir, authority) = authority();
    let key = TlsKey::from_seed(&[7; 32]).unwrap();
    let mut greedy = CertificateParams::default();
    greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    greedy.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    greedy.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Any];
    greedy.subject_alt_names = ["spiffe://lapor.go.id/hub", "spiffe://lapor.go.id/node/id"]
        .map(|uri| SanType::URI(uri.try_into().unwrap()))
        .to_vec();
    greedy.subject_alt_names.push(SanType::DnsName("hub.example".try_into().unwrap()));
    let request = greedy.serialize_request(&key).unwrap().pem().unwrap();

    let issued = issue(&authority, &request);
    let der = der(&issued.pem);
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    assert!(!leaf.is_ca());
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign() && !usage.crl_sign());
    let purpose = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purpose.client_auth && !purpose.server_auth && !purpose.any && purpose.other.is_empty());
    let names = leaf.subject_alternative_name().unwrap().unwrap().value.general_names.clone();
    assert_eq!(names, [GeneralName::URI("spiffe://lapor.go.id/node/13.71")]);
    assert_eq!(PeerCertificate::read(&der).unwrap().id, issued.id);
    assert_eq!(issued.spki_sha256, key.spki_sha256());
}

#[test]
fn hub_certificate_serves_a_client() {
    let (_dir, authority) = authority();
    let key = RequestedKey::of(&TlsKey::from_seed(&[3; 32]).unwrap()).unwrap();
    let issued =
        authority.issue_hub(&key, &["Hub.example", "127.0.0.1", "::1"], NOW, LIFETIME_DEFAULT, SERIAL).unwrap();
    let der = der(&issued.pem);
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    let purpose = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purpose.server_auth && !purpose.client_auth && !purpose.any);
    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(names.len(), 4);
    assert!(names.contains(&GeneralName::DNSName("hub.example")));
    assert_eq!(PeerCertificate::read(&der).unwrap().id.to_string(), "spiffe://lapor.go.id/hub");
    for bad in ["", "a b", "x/y", "*"] {
        let refused = authority.issue_hub(&key, &[bad], NOW, LIFETIME_DEFAULT, SERIAL);
        assert!(matches!(refused, Err(AuthorityError::HostName(_))), "{bad}");
    }
    let none: [&str; 0] = [];
    let refused = authority.issue_hub(&key, &none, NOW, LIFETIME_DEFAULT, SERIAL);
    assert!(matches!(refused, Err(AuthorityError::HostCount)));
}

#[test]
fn serial_is_negative_or_zero_or_fixed() {
    let (_dir, authority) = authority();
    let serial = |random: [u8; 16]| {
        let issued = authority.issue_node(&request(7), &padang(), NOW, LIFETIME_DEFAULT, random).unwrap();
        X509Certificate::from_der(&der(&issued.pem)).unwrap().1.raw_serial().to_vec()
    };
    for random in [[0xff; 16], [0; 16], [0x80; 16]] {
        let raw = serial(random);
        assert_eq!(raw.len(), 16);
        assert!(raw[0] & 0x80 == 0 && raw[0] != 0, "{raw:?}");
    }
    assert_ne!(serial([1; 16]), serial([2; 16]));
}

#[test]
fn certificate_is_valid_for_longer_than_asked() {
    let (_dir, authority) = authority();
    let day = Duration::from_hours(24);
    let issued = authority.issue_node(&request(7), &padang(), NOW, day, SERIAL).unwrap();
    let der = der(&issued.pem);
    let (_, leaf) = X509Certificate::from_der(&der).unwrap();
    let from = Timestamp::default().plus_seconds(leaf.validity().not_before.timestamp());
    assert_eq!(from, NOW.plus_seconds(-BACKDATE_SECONDS));
    assert_eq!(issued.not_after, NOW.plus_seconds(DAY_SECONDS));
    assert_eq!(PeerCertificate::read(&der).unwrap().not_after, issued.not_after);
    for bad in [Duration::ZERO, LIFETIME_MAX + day] {
        let refused = authority.issue_node(&request(7), &padang(), NOW, bad, SERIAL);
        assert!(matches!(refused, Err(AuthorityError::Lifetime)));
    }
    let late = authority.not_after().plus_seconds(-DAY_SECONDS / 2);
    let refused = authority.issue_node(&request(7), &padang(), late, day, SERIAL);
    assert!(matches!(refused, Err(AuthorityError::OutlivesAuthority)));
    for clock in [Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp(0)] {
        let refused = authority.issue_node(&request(7), &padang(), clock, day, SERIAL);
        assert!(matches!(refused, Err(AuthorityError::Clock)), "{clock:?}");
    }
}

#[test]
fn authority_may_make_authorities() {
    let (_dir, authority) = authority();
    let (_, own) = X509Certificate::from_der(&authority.certificate).unwrap();
    let basic = own.basic_constraints().unwrap().unwrap().value;
    assert!(basic.ca && basic.path_len_constraint == Some(0));
    let usage = own.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && !usage.digital_signature());
    assert_eq!(authority.not_after(), NOW.plus_seconds(AUTHORITY_DAYS * DAY_SECONDS));
}

#[test]
fn authority_is_overwritten_or_taken_for_another() {
    let (dir, authority) = authority();
    let folder = dir.path().join("ca");
    let again = Authority::create(&folder, &federation(), NOW, &[2; 32]);
    assert!(matches!(again, Err(AuthorityError::File(FileError::Exists(_)))));
    assert_eq!(Authority::load(&folder, &federation()).unwrap().fingerprint(), authority.fingerprint());
    let other = FederationId::parse("other.example").unwrap();
    assert!(matches!(Authority::load(&folder, &other), Err(AuthorityError::NotAuthority { .. })));

    let elsewhere = dir.path().join("elsewhere");
    Authority::create(&elsewhere, &federation(), NOW, &[2; 32]).unwrap();
    std::fs::copy(elsewhere.join(AUTHORITY_CERTIFICATE_FILE), folder.join(AUTHORITY_CERTIFICATE_FILE)).unwrap();
    assert!(matches!(Authority::load(&folder, &federation()), Err(AuthorityError::Mismatch(_))));

    let key = folder.join(AUTHORITY_KEY_FILE);
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = Authority::load(&folder, &federation()).unwrap_err().to_string();
    assert!(said.contains("chmod 600"), "{said}");
}
