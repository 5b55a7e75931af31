//! Joining tokens' rows.

use sqlx::PgConnection;

use super::StoreError;
use crate::domain::TokenId;
use crate::store::columns::TokenRow;
use crate::store::tokens::not_open;
use crate::store::{Token, TokenChange};

/// A token's row.
pub(super) async fn read(connection: &mut PgConnection, id: TokenId) -> Result<Option<Token>, StoreError> {
    let row: Option<TokenRow> =
        sqlx::query_as("SELECT * FROM tokens WHERE id = $1").bind(&id.0[..]).fetch_optional(connection).await?;
    row.map(Token::try_from).transpose()
}

/// All tokens, oldest first.
pub(super) async fn all(connection: &mut PgConnection) -> Result<Vec<Token>, StoreError> {
    let rows: Vec<TokenRow> = sqlx::query_as("SELECT * FROM tokens ORDER BY issued, id").fetch_all(connection).await?;
    rows.into_iter().map(Token::try_from).collect()
}

/// Issues, redeems and withdraws. Redeeming is one conditional statement, so that of two at once one finds nothing to redeem.
pub(super) async fn write(connection: &mut PgConnection, changes: &[TokenChange]) -> Result<(), StoreError> {
    for change in changes {
        let (id, touched) = match change {
            TokenChange::Issue(token) => (token.id, issue(connection, token).await?),
            TokenChange::Redeem { id, at, keys } => {
                let redeem = sqlx::query(
                    "UPDATE tokens SET redeemed = $1, keys = $2 WHERE id = $3 AND redeemed IS NULL AND withdrawn IS NULL AND expires > $4",
                );
                let redeem = redeem.bind(at.0).bind(&keys[..]).bind(&id.0[..]).bind(at.0);
                (*id, redeem.execute(&mut *connection).await?.rows_affected())
            }
            TokenChange::Withdraw { id, at } => {
                let withdraw = sqlx::query(
                    "UPDATE tokens SET withdrawn = $1 WHERE id = $2 AND redeemed IS NULL AND withdrawn IS NULL AND expires > $3",
                );
                let withdraw = withdraw.bind(at.0).bind(&id.0[..]).bind(at.0);
                (*id, withdraw.execute(&mut *connection).await?.rows_affected())
            }
        };
        if touched != 1 {
            return Err(not_open(id));
        }
    }
    Ok(())
}

async fn issue(connection: &mut PgConnection, token: &Token) -> Result<u64, StoreError> {
    let issue = sqlx::query(
        "INSERT INTO tokens (id, secret, node, name, issued, expires) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    );
    let issue = issue
        .bind(&token.id.0[..])
        .bind(&token.secret[..])
        .bind(token.node.as_str())
        .bind(token.name.as_str())
        .bind(token.issued.0)
        .bind(token.expires.0);
    Ok(issue.execute(connection).await?.rows_affected())
}
