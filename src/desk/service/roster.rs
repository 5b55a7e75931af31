//! Between the wire types of accounts and their values: the one place. It decides nothing.

use crate::accounts::{AccountError, NewAccount, Password, approval, throttle};
use crate::domain::{AccountRole, Timestamp, UnitCode};
use crate::protocol::desk::v1 as wire;
use crate::store::{Account, Request};

/// An account to make.
pub(super) fn new_account(new: wire::NewAccount) -> Result<NewAccount, AccountError> {
    Ok(NewAccount {
        role: AccountRole::from_name(&new.role).ok_or(AccountError::RoleShape)?,
        unit: UnitCode::parse(&new.unit).map_err(|_| AccountError::UnitShape)?,
        login: new.login,
        name: new.name,
        person: new.person,
        password: Password::typed(&new.password),
        one_time: new.one_time,
    })
}

/// A role, and perhaps a unit.
pub(super) fn role(new: &wire::NewRole) -> Result<(AccountRole, Option<UnitCode>), AccountError> {
    let unit = if new.unit.is_empty() { None } else { Some(UnitCode::parse(&new.unit)) };
    let unit = unit.transpose().map_err(|_| AccountError::UnitShape)?;
    Ok((AccountRole::from_name(&new.role).ok_or(AccountError::RoleShape)?, unit))
}

/// An account in a list.
pub(super) fn account(account: &Account, now: Timestamp) -> wire::Account {
    wire::Account {
        login: account.login.clone(),
        name: account.name.clone(),
        person: account.person.clone(),
        role: account.role.name().to_owned(),
        unit: account.unit.to_string(),
        pseudonym: account.pseudonym.to_string(),
        created_micros: account.created.0,
        closed_micros: account.closed.map(|time| time.0),
        one_time: account.one_time,
        locked: !throttle::is_open(account, now),
    }
}

/// What is wrong with one of several.
pub(super) fn mistake(index: usize, error: &AccountError) -> wire::AccountMistake {
    wire::AccountMistake {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        code: error.code().to_owned(),
        message: error.to_string(),
        facts: error.facts().into_iter().map(|(name, fact)| (name.to_owned(), fact)).collect(),
    }
}

/// A request that waits.
pub(super) fn approval(request: &Request) -> wire::Approval {
    wire::Approval {
        id: approval::name(request),
        kind: request.kind.clone(),
        subject: approval::subject(request),
        asker: request.asker.by.clone(),
        asked_micros: request.asked.0,
        expires_micros: request.expires.0,
        approver: request.approver.as_ref().map(|somebody| somebody.by.clone()).unwrap_or_default(),
    }
}
