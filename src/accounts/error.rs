//! Why something with an account was not done: a stable code, an English line that says what to do, and its facts. No name, login or
//! password is in any of them.

use thiserror::Error;

use crate::domain::{AccountRole, UnitCode};
use crate::store::StoreError;

/// Why something with an account was not done. Nothing was stored.
#[derive(Debug, Error)]
pub enum AccountError {
    /// Login, password, or too many of the latter. Which of them is not said.
    #[error(
        "login or password is wrong, or too many were wrong just now: wait up to 15 minutes and try again, or have the password set anew"
    )]
    Refused,
    /// A password that was given out is used for something else than for changing it.
    #[error("this password was given out for one use: log in with a new one beside it (--new-password-file)")]
    NewPasswordNeeded,
    /// Nobody has said who they are.
    #[error("nobody is logged in here: log in first, with `lintas-node login`")]
    NotLoggedIn,
    /// The session is over.
    #[error("the session has ended or its account was closed: log in again, with `lintas-node login`")]
    SessionEnded,
    /// Another account would have to be used.
    #[error("an account of the role {role} may not do that; see docs/OPERATIONS.md, \"Accounts\"")]
    NotAllowed {
        /// Its role.
        role: AccountRole,
    },
    /// Only whoever runs the program may speak for others.
    #[error("only the account that runs the node may act for others (--as): log in instead")]
    NotOperator,
    /// No open account of that login.
    #[error("no open account has that login; see `account list`")]
    UnknownLogin,
    /// The login is or was somebody's.
    #[error("that login is taken, perhaps by an account that was closed: a login is never given twice, choose another")]
    Taken,
    /// A login of another shape.
    #[error("a login is 2 to 40 lower-case letters, digits, dots, hyphens and underscores, beginning with a letter")]
    LoginShape,
    /// A name of another shape.
    #[error("a name has 1 to 120 characters and a person's number at most 40, without control characters")]
    NameShape,
    /// A password that is not taken.
    #[error("a password has 12 to 128 characters and is not the login: choose another")]
    PasswordShape,
    /// The new password is the old one.
    #[error("the new password is the old one: choose another")]
    PasswordUnchanged,
    /// A role that is none.
    #[error("a role is one of: admin, unit-admin, liaison, auditor")]
    RoleShape,
    /// A unit that is none.
    #[error("that is no unit's code; see `units`")]
    UnitShape,
    /// The unit is not of this node.
    #[error("{unit} is not {own} nor below it: an account is for a unit of this node")]
    ForeignUnit {
        /// The unit.
        unit: UnitCode,
        /// The node's own.
        own: UnitCode,
    },
    /// More accounts than there may be.
    #[error("there may be {max} accounts, closed ones among them: nothing was made")]
    TooMany {
        /// How many there may be.
        max: usize,
    },
    /// A file of accounts that is no table.
    #[error("the file is no CSV table in UTF-8 with the columns login, name, role and unit")]
    Table,
    /// It takes a second person.
    #[error("it takes a second person: ask one to run `approve {request}` within a day, then do it again")]
    Waits {
        /// The request's name.
        request: String,
    },
    /// No such request, or one that is over.
    #[error("no request of that name waits; see `approvals`")]
    UnknownRequest,
    /// Whoever asked cannot approve.
    #[error("whoever asked cannot approve: it takes another person, and one person with two accounts is one")]
    SamePerson,
    /// The system did not let a password be hashed.
    #[error("the password could not be checked for want of memory; try again")]
    Hashing,
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AccountError {
    /// The stable code: `account.` and a word. It keeps its meaning for ever.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Refused => "account.refused",
            Self::NewPasswordNeeded => "account.new-password-needed",
            Self::NotLoggedIn => "account.not-logged-in",
            Self::SessionEnded => "account.session-ended",
            Self::NotAllowed { .. } => "account.not-allowed",
            Self::NotOperator => "account.not-operator",
            Self::UnknownLogin => "account.unknown-login",
            Self::Taken => "account.taken",
            Self::LoginShape => "account.login-shape",
            Self::NameShape => "account.name-shape",
            Self::PasswordShape => "account.password-shape",
            Self::PasswordUnchanged => "account.password-unchanged",
            Self::RoleShape => "account.role-shape",
            Self::UnitShape => "account.unit-shape",
            Self::ForeignUnit { .. } => "account.foreign-unit",
            Self::TooMany { .. } => "account.too-many",
            Self::Table => "account.table",
            Self::Waits { .. } => "account.waits",
            Self::UnknownRequest => "account.unknown-request",
            Self::SamePerson => "account.same-person",
            Self::Hashing => "account.hashing",
            Self::Store(_) => "account.storage",
        }
    }

    /// The facts of the error by name, for texts in other languages.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotAllowed { role } => vec![("role", role.to_string())],
            Self::ForeignUnit { unit, own } => vec![("unit", unit.to_string()), ("own", own.to_string())],
            Self::TooMany { max } => vec![("max", max.to_string())],
            Self::Waits { request } => vec![("request", request.clone())],
            Self::Store(cause) => vec![("cause", cause.to_string())],
            Self::Refused
            | Self::NewPasswordNeeded
            | Self::NotLoggedIn
            | Self::SessionEnded
            | Self::NotOperator
            | Self::UnknownLogin
            | Self::Taken
            | Self::LoginShape
            | Self::NameShape
            | Self::PasswordShape
            | Self::PasswordUnchanged
            | Self::RoleShape
            | Self::UnitShape
            | Self::Table
            | Self::UnknownRequest
            | Self::SamePerson
            | Self::Hashing => Vec::new(),
        }
    }
}
