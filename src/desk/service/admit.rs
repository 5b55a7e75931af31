//! Who calls: by which socket, and as whom. It finds out who somebody is; what they may do is the desk's.

use tonic::metadata::MetadataMap;

use crate::accounts::{AccountError, Accounts, Token};
use crate::desk::Actor;
use crate::store::Store;

/// The metadata with a session's token.
pub(super) const SESSION: &str = "lintas-session";
/// The metadata with the login in whose name the node's operator acts.
pub(super) const AS: &str = "lintas-as";

/// By which way a call comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// From the account that runs the node, or from root: by its number, as the system tells it.
    Operator(u32),
    /// By the socket that is open to everybody on the machine: nobody is anybody there before they have logged in.
    People,
}

/// Who makes a call.
///
/// # Errors
/// If nobody is logged in where somebody must be, the session is over, or somebody else than the operator speaks for others.
pub(super) async fn actor<S: Store>(
    door: Door,
    accounts: &Accounts<S>,
    metadata: &MetadataMap,
) -> Result<Actor, AccountError> {
    let text = |name| metadata.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text(SESSION), text(AS), door) {
        (Some(_), Some(_), _) | (None, Some(_), Door::People) => Err(AccountError::NotOperator),
        (Some(token), None, _) => {
            let token = Token::parse(token).ok_or(AccountError::SessionEnded)?;
            Ok(Actor::of_account(&accounts.holder(&token).await?))
        }
        (None, Some(login), Door::Operator(uid)) => Ok(Actor::in_the_name_of(&accounts.open(login).await?, uid)),
        (None, None, Door::Operator(_)) => Ok(Actor::Operator),
        (None, None, Door::People) => Err(AccountError::NotLoggedIn),
    }
}
