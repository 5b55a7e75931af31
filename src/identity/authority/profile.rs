//! What stands in each kind of certificate: names, usages, life. Nothing is signed or stored here.

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa};
use rcgen::{KeyUsagePurpose, SanType, SerialNumber};
use rustls_pki_types::ServerName;

use super::{AUTHORITY_DAYS, AuthorityError, BACKDATE_SECONDS};
use crate::domain::{FederationId, Timestamp};
use crate::identity::spiffe::SpiffeId;

pub(super) const DAY_SECONDS: i64 = 86_400;
/// The end of the year 9999: the last moment X.509 can write.
const MOMENT_SECONDS_MAX: i64 = 253_402_300_799;

/// The URI by which an authority's certificate names its federation (SPIFFE X.509-SVID §4.1: no path).
pub(super) fn federation_uri(federation: &FederationId) -> String {
    format!("spiffe://{federation}")
}

pub(super) fn authority_params(federation: &FederationId, now: Timestamp) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, federation.as_str());
    params.distinguished_name.push(DnType::CommonName, "Lintas federation authority");
    params.subject_alt_names = vec![SanType::URI(federation_uri(federation).try_into()?)];
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    set_validity(&mut params, now, AUTHORITY_DAYS.saturating_mul(DAY_SECONDS))?;
    Ok(params)
}

pub(super) fn leaf_params(
    id: &SpiffeId,
    hosts: &[SanType],
    purpose: ExtendedKeyUsagePurpose,
    mut serial: [u8; 16],
) -> Result<CertificateParams, AuthorityError> {
    // RFC 5280 §4.1.2.2: positive, at most 20 octets. The top bits make it so and leave 126 random ones.
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, id.node.as_str());
    params.subject_alt_names = vec![SanType::URI(id.to_string().try_into()?)];
    params.subject_alt_names.extend_from_slice(hosts);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// Makes it valid from a little before `now` until `seconds` after it, whole seconds; gives the end.
pub(super) fn set_validity(
    params: &mut CertificateParams,
    now: Timestamp,
    seconds: i64,
) -> Result<Timestamp, AuthorityError> {
    let from_epoch = |moment: Timestamp| {
        let whole = moment.0.div_euclid(1_000_000);
        if (0..=MOMENT_SECONDS_MAX).contains(&whole) { u64::try_from(whole).ok() } else { None }
    };
    let from = from_epoch(now.plus_seconds(-BACKDATE_SECONDS)).ok_or(AuthorityError::Clock)?;
    let until = from_epoch(now.plus_seconds(seconds)).ok_or(AuthorityError::Clock)?;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(from);
    params.not_after = epoch + Duration::from_secs(until);
    Ok(Timestamp::default().plus_seconds(i64::try_from(until).map_err(|_| AuthorityError::Clock)?))
}

pub(super) fn host_name(text: &str) -> Result<SanType, AuthorityError> {
    let none = || AuthorityError::HostName(text.chars().take(80).collect());
    match ServerName::try_from(text).map_err(|_| none())? {
        ServerName::IpAddress(address) => Ok(SanType::IpAddress(address.into())),
        ServerName::DnsName(name) => {
            Ok(SanType::DnsName(name.as_ref().to_ascii_lowercase().try_into().map_err(|_| none())?))
        }
        _ => Err(none()),
    }
}
