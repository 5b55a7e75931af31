//! People who work at a node or a hub, as rows: accounts, sessions, requests that wait for a second person. What they may do is
//! not decided here, and no password is ever seen here.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::{AccountRole, Pseudonym, Timestamp, UnitCode};

/// An account. Its name is personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// How other nodes know it: random, in the headers of what its holder writes.
    pub pseudonym: Pseudonym,
    /// What its holder logs in with; never another account's again.
    pub login: String,
    /// Its holder's name.
    pub name: String,
    /// What tells its holder from others of that name, such as a NIP; empty if nothing does.
    pub person: String,
    /// What its holder may do.
    pub role: AccountRole,
    /// For which unit and those below it.
    pub unit: UnitCode,
    /// The password's hash, as a PHC string.
    pub password: String,
    /// Whether the password was given out and must be changed before anything else.
    pub one_time: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it was closed, if it was.
    pub closed: Option<Timestamp>,
    /// Wrong passwords since the last right one.
    pub failures: u32,
    /// When the last of them was given.
    pub failed: Option<Timestamp>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Account");
        shown.field("pseudonym", &self.pseudonym).field("role", &self.role).field("unit", &self.unit);
        shown.finish_non_exhaustive()
    }
}

/// A session: somebody has logged in.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The hash of its token; the token itself is nowhere stored.
    pub token: [u8; 32],
    /// Whose it is.
    pub account: Pseudonym,
    /// When it began.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("account", &self.account)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Somebody, as requests remember people.
#[derive(Clone, PartialEq, Eq)]
pub struct Somebody {
    /// By which account they act, as a stable name: `account:` and a pseudonym, or `uid:` and a number of the system.
    pub by: String,
    /// Who that is, as far as it is known: what two accounts of one person have in common.
    pub is: String,
}

impl fmt::Debug for Somebody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Somebody").field("by", &self.by).finish_non_exhaustive()
    }
}

/// A request that needs a second person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// Its name.
    pub id: [u8; 8],
    /// What kind of thing is asked for.
    pub kind: String,
    /// Exactly what.
    pub subject: Vec<u8>,
    /// Who asked.
    pub asker: Somebody,
    /// When.
    pub asked: Timestamp,
    /// Until when it can be approved and used.
    pub expires: Timestamp,
    /// Who approved it.
    pub approver: Option<Somebody>,
    /// When it was used up.
    pub used: Option<Timestamp>,
}

/// What a transaction on people reads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeopleScope {
    /// Every account.
    pub everybody: bool,
    /// The accounts with these logins, and their sessions.
    pub logins: BTreeSet<String>,
    /// The session with this token's hash, and its account.
    pub session: Option<[u8; 32]>,
    /// Every request.
    pub requests: bool,
}

impl PeopleScope {
    /// Every account.
    #[must_use]
    pub fn everybody() -> Self {
        Self { everybody: true, ..Self::default() }
    }

    /// One login's account and its sessions.
    #[must_use]
    pub fn login(login: &str) -> Self {
        Self { logins: [login.to_owned()].into(), ..Self::default() }
    }

    /// One session and its account.
    #[must_use]
    pub fn session(token: [u8; 32]) -> Self {
        Self { session: Some(token), ..Self::default() }
    }
}

/// What a transaction on people has read. Nothing in it comes twice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct People {
    /// Accounts, by login.
    pub accounts: Vec<Account>,
    /// Sessions, by token.
    pub sessions: Vec<Session>,
    /// Requests, oldest first.
    pub requests: Vec<Request>,
}

impl People {
    /// The account of a login.
    #[must_use]
    pub fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.login == login)
    }

    pub(super) fn sorted(mut self) -> Self {
        self.accounts.sort_by(|one, other| one.login.cmp(&other.login));
        self.accounts.dedup();
        self.sessions.sort_by_key(|session| session.token);
        self.sessions.dedup();
        self.requests.sort_by_key(|request| (request.asked, request.id));
        self
    }
}

/// What a transaction on people writes, in this order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PeopleChanges {
    /// Sessions that end, by their tokens' hashes.
    pub ended: Vec<[u8; 32]>,
    /// Accounts all of whose sessions end.
    pub ended_of: Vec<Pseudonym>,
    /// Sessions that expire at this moment or before are removed.
    pub expired: Option<Timestamp>,
    /// Accounts to store, in the place of those with the same pseudonym. Another's login is a conflict.
    pub accounts: Vec<Account>,
    /// Sessions to store. One without an account is a conflict.
    pub sessions: Vec<Session>,
    /// Requests to store, in the place of those with the same id.
    pub requests: Vec<Request>,
    /// Requests to remove.
    pub forgotten: Vec<[u8; 8]>,
}

impl PeopleChanges {
    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
