//! SPIFFE ids: the one name a certificate carries, in its one URI SAN. Text only; certificates are read elsewhere.

use std::fmt;

use thiserror::Error;

use crate::domain::{FederationId, NodeId, UnitCode};

/// Longest SPIFFE id, in bytes (SPIFFE-ID §2.3 allows 2048; ours are far shorter).
pub const SPIFFE_ID_BYTES_MAX: usize = 256;

/// Who a certificate is for: `spiffe://TRUST-DOMAIN/hub` or `spiffe://TRUST-DOMAIN/node/13.71`.
///
/// There is one text for each id and one id for each text, so that comparing texts and comparing ids agree.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpiffeId {
    /// The federation.
    pub trust_domain: FederationId,
    /// The hub, or a node.
    pub node: NodeId,
}

/// A text that is no SPIFFE id of a federation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a SPIFFE id such as spiffe://lapor.go.id/node/13.71 or spiffe://lapor.go.id/hub")]
pub struct SpiffeIdError;

impl SpiffeId {
    /// The id of `node` in `trust_domain`.
    #[must_use]
    pub const fn new(trust_domain: FederationId, node: NodeId) -> Self {
        Self { trust_domain, node }
    }

    /// Reads an id strictly: no query, fragment, percent sign, user, port, upper case, empty or extra segment.
    ///
    /// # Errors
    /// If the text is anything but the one form that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Result<Self, SpiffeIdError> {
        if text.len() > SPIFFE_ID_BYTES_MAX {
            return Err(SpiffeIdError);
        }
        let rest = text.strip_prefix("spiffe://").ok_or(SpiffeIdError)?;
        let (domain, path) = rest.split_once('/').ok_or(SpiffeIdError)?;
        let trust_domain = FederationId::parse(domain).map_err(|_| SpiffeIdError)?;
        let node = match path.strip_prefix("node/") {
            Some(unit) => NodeId::Node(UnitCode::parse(unit).map_err(|_| SpiffeIdError)?),
            None if path == "hub" => NodeId::Hub,
            None => return Err(SpiffeIdError),
        };
        Ok(Self { trust_domain, node })
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            NodeId::Hub => write!(f, "spiffe://{}/hub", self.trust_domain),
            NodeId::Node(unit) => write!(f, "spiffe://{}/node/{unit}", self.trust_domain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_changes_on_the_way() {
        for text in [
            "spiffe://lapor.go.id/hub",
            "spiffe://lapor.go.id/node/id",
            "spiffe://lapor.go.id/node/13.71",
            "spiffe://lapor.go.id/node/kl.pu",
        ] {
            assert_eq!(SpiffeId::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn sloppy_ids_are_taken() {
        for bad in [
            "",
            "spiffe://",
            "spiffe:///hub",
            "spiffe://lapor.go.id",
            "spiffe://lapor.go.id/",
            "spiffe://lapor.go.id//hub",
            "spiffe://lapor.go.id/hub/",
            "spiffe://lapor.go.id/Hub",
            "SPIFFE://lapor.go.id/hub",
            "spiffe://LAPOR.go.id/hub",
            "spiffe://lapor.go.id:443/hub",
            "spiffe://x@lapor.go.id/hub",
            "spiffe://lapor.go.id/hub?x",
            "spiffe://lapor.go.id/hub#x",
            "spiffe://lapor.go.id/%68ub",
            "spiffe://lapor.go.id/node/",
            "spiffe://lapor.go.id/node",
            "spiffe://lapor.go.id/node/hub",
            "spiffe://lapor.go.id/node//13.71",
            "spiffe://lapor.go.id/node/13.71/",
            "spiffe://lapor.go.id/node/13.71/x",
            "spiffe://lapor.go.id/node/../hub",
            "spiffe://lapor.go.id/node/13.71 ",
            "https://lapor.go.id/hub",
        ] {
            assert_eq!(SpiffeId::parse(bad), Err(SpiffeIdError), "{bad}");
        }
    }
}
