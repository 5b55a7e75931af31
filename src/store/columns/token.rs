//! Rows of joining tokens.

use sqlx::FromRow;

use super::{bytes, corrupt};
use crate::domain::event::PublicName;
use crate::domain::{Timestamp, TokenId};
use crate::store::{StoreError, Token};

/// A token's row.
#[derive(FromRow)]
pub(in crate::store) struct TokenRow {
    id: Vec<u8>,
    secret: Vec<u8>,
    node: String,
    name: String,
    issued: i64,
    expires: i64,
    withdrawn: Option<i64>,
    redeemed: Option<i64>,
    keys: Option<Vec<u8>>,
}

impl TryFrom<TokenRow> for Token {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let keys = row.keys.as_deref().map(bytes).transpose()?;
        Ok(Self {
            id: TokenId(bytes(&row.id)?),
            secret: bytes(&row.secret)?,
            node: super::unit(&row.node)?,
            name: PublicName::parse(&row.name).ok_or_else(|| corrupt("a token's name"))?,
            issued: Timestamp(row.issued),
            expires: Timestamp(row.expires),
            withdrawn: row.withdrawn.map(Timestamp),
            redeemed: row.redeemed.map(Timestamp).zip(keys),
        })
    }
}
