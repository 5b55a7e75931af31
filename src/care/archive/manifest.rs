//! What a backup says of itself, as JSON. Names and meanings of what landed never change; a later format has a higher number.

use serde::{Deserialize, Serialize};

use crate::domain::{FederationId, NodeId, Position, SigningKeyId};
use crate::store::Owner;

/// The format that this program writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// What a backup says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the file.
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    /// Why it was made: `asked` or `migration`.
    pub reason: String,
    /// The federation.
    pub federation: String,
    /// The node, or `hub`.
    pub node: String,
    /// When it was made, in microseconds since 1970-01-01 UTC, by that machine's clock.
    pub created_micros: i64,
    /// The number of the database's newest migration.
    pub schema: i64,
    /// The end of the own journal: its life, and the number in it.
    pub journal: (u32, u64),
    /// Events of all journals.
    pub events: u64,
    /// Complaints.
    pub complaints: u64,
    /// The public part of the own signing key, in hexadecimal.
    pub signing_key: String,
    /// The hub's public signing key, in hexadecimal, if it is known.
    pub hub_key: Option<String>,
    /// Whether private keys are in it.
    pub keys: bool,
    /// Everything else in the file, in order.
    pub members: Vec<Listed>,
}

/// A member, as a manifest lists it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its size, in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// The members whose names have a meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Member {
    /// The database, as one SQLite file.
    Database,
    /// The settings file.
    Settings,
}

impl Member {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Database => "database.sqlite",
            Self::Settings => "settings.toml",
        }
    }
}

impl Manifest {
    /// Whose backup it is; none if that cannot be read.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        let federation = FederationId::parse(&self.federation).ok()?;
        Some(Owner { federation, node: NodeId::parse(&self.node).ok()? })
    }

    /// The end of the own journal.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position::new(self.journal.0, self.journal.1)
    }

    /// The own signing key and the hub's; none if one of them cannot be read.
    #[must_use]
    pub fn signers(&self) -> Option<(SigningKeyId, Option<SigningKeyId>)> {
        let hub = self.hub_key.as_deref().map(SigningKeyId::parse);
        let hub = match hub {
            Some(None) => return None,
            Some(known) => known,
            None => None,
        };
        Some((SigningKeyId::parse(&self.signing_key)?, hub))
    }

    /// A member, if there is one of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Listed> {
        self.members.iter().find(|member| member.name == name)
    }
}
