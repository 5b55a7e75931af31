//! Why a peer was refused, and how often. Reasons and counters only; the checks are made elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};

use rustls::{CertificateError as C, Error as TlsFault};
use thiserror::Error;

/// Why a connection was refused. The text is one line, without a full stop, and names nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Error)]
pub enum Refusal {
    /// The certificate was not issued by the federation's authority.
    #[error("its certificate is from another authority")]
    UnknownAuthority,
    /// The certificate has expired or is not valid yet.
    #[error("its certificate has expired or is not valid yet")]
    Expired,
    /// The certificate is for the other side of a link: a node's on the hub's side, or the hub's on a node's.
    #[error("its certificate is not for this side of a link")]
    WrongPurpose,
    /// The hub's certificate is not for the host that was dialled.
    #[error("its certificate is for another host name")]
    WrongName,
    /// No certificate was shown.
    #[error("it showed no certificate")]
    NoCertificate,
    /// The certificate has no URI SAN.
    #[error("its certificate has no URI SAN")]
    NoUriSan,
    /// The certificate has more than one URI SAN.
    #[error("its certificate has more than one URI SAN")]
    SeveralUriSans,
    /// The URI SAN is no SPIFFE id that may stand here, or the registry has no such node.
    #[error("its certificate names nobody who may connect here")]
    UnknownIdentity,
    /// The registry knows the node by another key.
    #[error("the registry knows another key for it")]
    KeyNotRegistered,
    /// The hub's operator has suspended the node.
    #[error("it is suspended")]
    Suspended,
    /// The handshake took too long.
    #[error("its handshake took too long")]
    Timeout,
    /// A limit on connections was reached.
    #[error("too many connections")]
    TooMany,
    /// Anything else: not TLS 1.3, not HTTP/2, broken messages.
    #[error("the handshake failed")]
    Other,
}

impl Refusal {
    /// All reasons, in the order in which `status` shows them.
    pub const ALL: [Self; 13] = [
        Self::UnknownAuthority,
        Self::Expired,
        Self::WrongPurpose,
        Self::WrongName,
        Self::NoCertificate,
        Self::NoUriSan,
        Self::SeveralUriSans,
        Self::UnknownIdentity,
        Self::KeyNotRegistered,
        Self::Suspended,
        Self::Timeout,
        Self::TooMany,
        Self::Other,
    ];

    /// A stable name for logs, metrics and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAuthority => "unknown_authority",
            Self::Expired => "expired",
            Self::WrongPurpose => "wrong_purpose",
            Self::WrongName => "wrong_name",
            Self::NoCertificate => "no_certificate",
            Self::NoUriSan => "no_uri_san",
            Self::SeveralUriSans => "several_uri_sans",
            Self::UnknownIdentity => "unknown_identity",
            Self::KeyNotRegistered => "key_not_registered",
            Self::Suspended => "suspended",
            Self::Timeout => "timeout",
            Self::TooMany => "too_many",
            Self::Other => "other",
        }
    }

    /// The reason behind a fault of the TLS library.
    pub(super) fn of_tls(fault: &TlsFault) -> Self {
        if *fault == TlsFault::NoCertificatesPresented {
            return Self::NoCertificate;
        }
        let TlsFault::InvalidCertificate(fault) = fault else { return Self::Other };
        if let C::Other(inner) = fault {
            return inner.0.downcast_ref::<Self>().copied().unwrap_or(Self::Other);
        }
        if matches!(fault, C::UnknownIssuer) {
            Self::UnknownAuthority
        } else if matches!(fault, C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. })
        {
            Self::Expired
        } else if matches!(fault, C::InvalidPurpose | C::InvalidPurposeContext { .. }) {
            Self::WrongPurpose
        } else if matches!(fault, C::NotValidForName | C::NotValidForNameContext { .. }) {
            Self::WrongName
        } else {
            Self::Other
        }
    }
}

/// How many connections were refused since the start, by reason.
#[derive(Debug, Default)]
pub struct Refusals([AtomicU64; Refusal::ALL.len()]);

impl Refusals {
    /// Counts one and gives the new number for this reason.
    pub fn count(&self, reason: Refusal) -> u64 {
        self.slot(reason).map_or(0, |slot| slot.fetch_add(1, Ordering::Relaxed).saturating_add(1))
    }

    /// How many were refused for this reason.
    #[must_use]
    pub fn get(&self, reason: Refusal) -> u64 {
        self.slot(reason).map_or(0, |slot| slot.load(Ordering::Relaxed))
    }

    /// All reasons and their numbers, zeros included.
    pub fn iter(&self) -> impl Iterator<Item = (Refusal, u64)> {
        Refusal::ALL.into_iter().map(|reason| (reason, self.get(reason)))
    }

    /// How many were refused in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.iter().map(|(_, number)| number).fold(0, u64::saturating_add)
    }

    fn slot(&self, reason: Refusal) -> Option<&AtomicU64> {
        Refusal::ALL.iter().zip(&self.0).find(|(each, _)| **each == reason).map(|(_, slot)| slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_reasons_share_a_counter() {
        let refusals = Refusals::default();
        for reason in Refusal::ALL {
            assert_eq!(refusals.count(reason), 1, "{reason:?}");
        }
        assert_eq!(refusals.total(), 13);
        let mut codes: Vec<_> = Refusal::ALL.map(Refusal::code).to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 13);
    }
}
