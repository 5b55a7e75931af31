//! Joining tokens as they are kept: hashes, never what a node joins with. When one may be redeemed is said here once for all
//! stores; whether whoever shows it may join is the registrar's.

use super::StoreError;
use crate::domain::event::PublicName;
use crate::domain::{Timestamp, TokenId, UnitCode};

/// A joining token that was issued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// Its name.
    pub id: TokenId,
    /// A hash of its secret.
    pub secret: [u8; 32],
    /// The unit that its node is enrolled for.
    pub node: UnitCode,
    /// The node's public name.
    pub name: PublicName,
    /// When it was issued.
    pub issued: Timestamp,
    /// The moment from which it counts no longer.
    pub expires: Timestamp,
    /// When it was withdrawn, if it was.
    pub withdrawn: Option<Timestamp>,
    /// When it was redeemed, if it was, and a hash of the three keys for which.
    pub redeemed: Option<(Timestamp, [u8; 32])>,
}

/// What a transaction does with tokens that are stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TokenChange {
    /// A new one.
    Issue(Token),
    /// It is used up. A conflict unless it is open.
    Redeem {
        /// Its name.
        id: TokenId,
        /// When.
        at: Timestamp,
        /// A hash of the three keys that were enrolled with it.
        keys: [u8; 32],
    },
    /// It counts no longer. A conflict unless it is open.
    Withdraw {
        /// Its name.
        id: TokenId,
        /// When.
        at: Timestamp,
    },
}

/// How a token stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenStanding {
    /// A node may join with it.
    Open,
    /// A node has joined with it.
    Used,
    /// It was not used in time.
    Expired,
    /// An operator took it back.
    Withdrawn,
}

impl TokenStanding {
    /// A stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl Token {
    /// How it stands at a moment.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> TokenStanding {
        if self.redeemed.is_some() {
            TokenStanding::Used
        } else if self.withdrawn.is_some() {
            TokenStanding::Withdrawn
        } else if self.expires <= now {
            TokenStanding::Expired
        } else {
            TokenStanding::Open
        }
    }
}

/// What is said when a token that should be open is not.
pub(super) fn not_open(id: TokenId) -> StoreError {
    StoreError::Conflict(format!("the token {id} is not open"))
}
