//! Who works at the desk: whoever runs the node, or the holder of an account. It says who they are; what they may do is
//! `permission`'s.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::accounts::Person;
use crate::domain::{AccountRole, FederationId, NodeId, Pseudonym, UnitCode};
use crate::journal::operator_pseudonym;
use crate::store::Account;

/// Who works at the desk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Actor {
    /// Whoever runs the node: its account on this machine, or root. Nothing at the desk is closed to them, as it is not to whoever
    /// can open the database.
    #[default]
    Operator,
    /// The holder of an account.
    Holder(Box<Holder>),
}

/// The holder of an account. The name is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// How other nodes know the account.
    pub pseudonym: Pseudonym,
    /// The holder's name.
    pub name: String,
    /// What they may do.
    pub role: AccountRole,
    /// For which unit and those below it.
    pub unit: UnitCode,
    /// Whether the node's operator acts in their name.
    pub by_operator: bool,
    /// Who that is, where two people are needed.
    pub person: Person,
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Holder");
        shown.field("pseudonym", &self.pseudonym).field("role", &self.role).field("unit", &self.unit);
        shown.finish_non_exhaustive()
    }
}

impl Actor {
    /// The holder of an account who has logged in.
    #[must_use]
    pub fn of_account(account: &Account) -> Self {
        Self::Holder(Box::new(Holder {
            pseudonym: account.pseudonym,
            name: account.name.clone(),
            role: account.role,
            unit: account.unit.clone(),
            by_operator: false,
            person: Person::of_account(account),
        }))
    }

    /// The node's operator, who acts in the name of an account's holder. Where two people are needed it is the operator who counts,
    /// known by the number of an account of the system.
    #[must_use]
    pub fn in_the_name_of(account: &Account, uid: u32) -> Self {
        match Self::of_account(account) {
            Self::Operator => Self::Operator,
            Self::Holder(holder) => {
                Self::Holder(Box::new(Holder { by_operator: true, person: Person::of_uid(uid), ..*holder }))
            }
        }
    }

    /// The holder, if it is one.
    #[must_use]
    pub fn holder(&self) -> Option<&Holder> {
        match self {
            Self::Operator => None,
            Self::Holder(holder) => Some(holder),
        }
    }

    /// The pseudonym that goes into headers.
    #[must_use]
    pub fn pseudonym(&self, federation: &FederationId, node: &NodeId) -> Pseudonym {
        self.holder().map_or_else(|| operator_pseudonym(federation, node), |holder| holder.pseudonym)
    }
}

/// Who acted, as a part beside an event has it. Personal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// Whether the node's operator acted in that name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_operator: bool,
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(personal)")
    }
}

impl Signature {
    /// What a holder signs with.
    #[must_use]
    pub fn of(holder: &Holder) -> Self {
        Self { name: holder.name.clone(), by_operator: holder.by_operator }
    }

    /// Its bytes: a JSON object.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        // A text and a truth value always make JSON.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads it back; none if it is something else.
    #[must_use]
    pub fn read(content: &[u8]) -> Option<Self> {
        serde_json::from_slice(content).ok()
    }
}
