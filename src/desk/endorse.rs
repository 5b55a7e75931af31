//! Endorsing: people of this node compared another node's keys with what that node shows, and say so. It checks that they may, and
//! that what they heard is what the registry has; recording it is the hub's, by way of the link.

use super::error::DeskError;
use super::office::Desk;
use crate::accounts::Person;
use crate::accounts::approval::{self, Kind};
use crate::domain::{NodeId, Registry, UnitCode};
use crate::journal::{Statement, key_code};
use crate::store::Store;

/// What became of an endorsement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Endorsing {
    /// It is on its way to the hub; the registry shows it when it is recorded.
    Said,
    /// The keys are confirmed already.
    Confirmed,
}

/// A node as people see it who compare keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownNode {
    /// Its code.
    pub node: NodeId,
    /// Its public name.
    pub name: String,
    /// Whether its keys are confirmed.
    pub confirmed: bool,
    /// Whether its link is closed for the time being.
    pub suspended: bool,
    /// Whether it was revoked.
    pub revoked: bool,
    /// The code of its keys as the registry has them, to be compared with what the node itself shows.
    pub key_code: String,
    /// Whose people compare them.
    pub endorser: Option<NodeId>,
}

impl<S: Store> Desk<S> {
    /// The nodes of the registry, by code.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn nodes(&self) -> Result<Vec<KnownNode>, DeskError> {
        let registry = self.registry().await?;
        let known = registry.nodes().map(|(node, entry)| KnownNode {
            name: entry.name.as_str().to_owned(),
            confirmed: entry.confirmed,
            suspended: entry.suspended,
            revoked: entry.revoked.is_some(),
            key_code: self.code_of(&registry, &node).unwrap_or_default(),
            endorser: node.unit().and_then(|unit| registry.endorser(unit)),
            node,
        });
        Ok(known.collect())
    }

    fn code_of(&self, registry: &Registry, node: &NodeId) -> Option<String> {
        let entry = registry.node(node)?;
        Some(key_code(&self.federation, node.unit()?, &entry.signing_key()?, &entry.sealing_key))
    }

    /// Endorses the keys of a node, whose code people have read out. Digits are compared, whatever stands between them.
    ///
    /// # Errors
    /// If the node is not enrolled, this node is not the one that endorses it, the code is another, no link runs, or it takes a second
    /// person (`four_eyes`).
    pub async fn endorse(&self, node: &UnitCode, heard: &str, by_whom: &Person) -> Result<Endorsing, DeskError> {
        let registry = self.registry().await?;
        let id = NodeId::Node(node.clone());
        let entry = registry.node(&id).ok_or_else(|| DeskError::UnknownNode(node.clone()))?;
        if entry.confirmed {
            return Ok(Endorsing::Confirmed);
        }
        let by = self.node.unit().filter(|_| registry.may_endorse(&self.node, node));
        let by = by.ok_or_else(|| DeskError::NotEndorser { node: node.clone(), by: registry.endorser(node) })?;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let shown = self.code_of(&registry, &id).unwrap_or_default();
        let strange = heard.chars().any(|c| !c.is_ascii_digit() && !c.is_whitespace() && c != '-');
        let signing_key = entry.signing_key().ok_or_else(|| DeskError::UnknownNode(node.clone()))?;
        if strange || digits(heard) != digits(&shown) {
            return Err(DeskError::KeyCode(node.clone()));
        }
        let link = self.link.as_ref().ok_or(DeskError::NoLink)?;
        let subject = format!("{node} {shown}");
        approval::require(&self.store, self.four_eyes, Kind::Endorse, subject.as_bytes(), by_whom, self.now()).await?;
        link.say(Statement::Endorsed {
            node: node.clone(),
            signing_key,
            sealing_key: entry.sealing_key,
            keyed: entry.keyed,
            by: by.clone(),
        });
        Ok(Endorsing::Said)
    }
}
