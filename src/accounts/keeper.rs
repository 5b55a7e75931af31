//! Accounts as they are kept: made, changed, closed, logged in to. Each use case is a transaction of the store; passwords are hashed
//! between two of them, on a blocking thread, few at a time. Who may ask for it is decided by whoever asks this.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{AccountError, Password, Token, throttle};
use crate::domain::{AccountRole, Pseudonym, Timestamp, UnitCode};
use crate::runtime::{Clock, Entropy, random_bytes};
use crate::store::{Account, PeopleChanges, PeopleScope, Session, Store};

/// Most accounts, closed ones among them.
pub const ACCOUNTS_MAX: usize = 10_000;
/// Most accounts that are made in one step.
pub const BATCH_MAX: usize = 2000;
/// Most sessions of an account; the oldest gives way.
pub const SESSIONS_MAX: usize = 16;
/// How long a session lasts, in seconds: half a day, so that a working day needs one.
pub const SESSION_SECONDS: i64 = 12 * 3600;
/// Most passwords that are hashed at a time: each takes 19 MiB and a core.
const HASHES_MAX: usize = 2;
/// Most characters of a login.
const LOGIN_CHARACTERS_MAX: usize = 40;
/// Most characters of a name, and of a person's number.
const NAME_CHARACTERS_MAX: usize = 120;
const PERSON_CHARACTERS_MAX: usize = 40;

/// An account to make.
#[derive(Clone)]
pub struct NewAccount {
    /// What its holder logs in with.
    pub login: String,
    /// Its holder's name.
    pub name: String,
    /// What tells its holder from others of that name; empty if nothing does.
    pub person: String,
    /// What its holder may do.
    pub role: AccountRole,
    /// For which unit and those below it.
    pub unit: UnitCode,
    /// Its password.
    pub password: Password,
    /// Whether the password is given out by somebody else, and must be changed before anything is done with it.
    pub one_time: bool,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("role", &self.role).field("unit", &self.unit).finish_non_exhaustive()
    }
}

impl NewAccount {
    /// Whether it can be made, as far as it says itself.
    ///
    /// # Errors
    /// If login, name, password or unit is none. `own` is the node's own unit.
    pub fn check(&self, own: &UnitCode) -> Result<(), AccountError> {
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ['.', '-', '_'].contains(&c);
        let begins = self.login.starts_with(|c: char| c.is_ascii_lowercase());
        if !begins || !(2..=LOGIN_CHARACTERS_MAX).contains(&self.login.len()) || !self.login.chars().all(ok) {
            return Err(AccountError::LoginShape);
        }
        let plain = |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(char::is_control);
        let named = !self.name.trim().is_empty() && plain(&self.name, NAME_CHARACTERS_MAX);
        if !named || !plain(&self.person, PERSON_CHARACTERS_MAX) {
            return Err(AccountError::NameShape);
        }
        within(&self.unit, own)?;
        self.password.check(&self.login)
    }
}

/// What is changed of an account.
#[derive(Clone, Debug)]
pub enum Revision {
    /// Its password; all sessions end, and it is locked no longer.
    Password {
        /// The new one.
        password: Password,
        /// Whether it must be changed before anything is done with it.
        one_time: bool,
    },
    /// What its holder may do, and for which unit.
    Role {
        /// The role.
        role: AccountRole,
        /// The unit; as it was if none is given.
        unit: Option<UnitCode>,
    },
    /// It is closed for good; all sessions end.
    Close,
}

/// Somebody has logged in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entered {
    /// What proves it from now on.
    pub token: Token,
    /// Until when.
    pub expires: Timestamp,
    /// Whose account it is.
    pub account: Account,
}

/// The accounts of one store. Clones are the same.
#[derive(Clone)]
pub struct Accounts<S> {
    store: S,
    own: UnitCode,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    places: Arc<Semaphore>,
}

impl<S> fmt::Debug for Accounts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

impl<S: Store> Accounts<S> {
    /// The accounts of a store; `own` is the unit within which they are: the node's, or `id` at the hub.
    #[must_use]
    pub fn new(store: S, own: UnitCode, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, own, clock, entropy, places: Arc::new(Semaphore::new(HASHES_MAX)) }
    }

    /// The unit within which accounts are.
    #[must_use]
    pub const fn own(&self) -> &UnitCode {
        &self.own
    }

    /// Makes accounts: all of them, or none.
    ///
    /// # Errors
    /// What is wrong, with the number of the account in the list, from 0; nothing was made then.
    pub async fn add(&self, new: &[NewAccount]) -> Result<Vec<Account>, Vec<(usize, AccountError)>> {
        let one = |error: AccountError| vec![(0, error)];
        if new.len() > BATCH_MAX {
            return Err(one(AccountError::TooMany { max: BATCH_MAX }));
        }
        let known = self.list().await.map_err(one)?;
        let wrong = wrong(new, &known, &self.own);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let now = self.clock.timestamp();
        let mut accounts = Vec::with_capacity(new.len());
        for account in new {
            accounts.push(Account {
                pseudonym: Pseudonym(random_bytes(&*self.entropy)),
                login: account.login.clone(),
                name: account.name.trim().to_owned(),
                person: account.person.trim().to_owned(),
                role: account.role,
                unit: account.unit.clone(),
                password: self.hash(&account.password).await.map_err(one)?,
                one_time: account.one_time,
                created: now,
                closed: None,
                failures: 0,
                failed: None,
            });
        }
        let made = self.store.people(PeopleScope::everybody(), move |people| {
            let taken = |account: &Account| people.account(&account.login).is_some();
            let taken: Vec<_> = (0..).zip(&accounts).filter(|(_, one)| taken(one)).map(|(at, _)| at).collect();
            if !taken.is_empty() {
                let taken = taken.into_iter().map(|at| (at, AccountError::Taken)).collect();
                return (PeopleChanges::default(), Err(taken));
            }
            let max = ACCOUNTS_MAX;
            if people.accounts.len().saturating_add(accounts.len()) > max {
                return (PeopleChanges::default(), Err(vec![(0, AccountError::TooMany { max })]));
            }
            (PeopleChanges { accounts: accounts.clone(), ..PeopleChanges::default() }, Ok(accounts))
        });
        made.await.map_err(|error| one(error.into()))?
    }

    /// All accounts, closed ones among them, by login.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn list(&self) -> Result<Vec<Account>, AccountError> {
        Ok(self.store.look_at_people(PeopleScope::everybody()).await?.accounts)
    }

    /// The open account of a login.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open(&self, login: &str) -> Result<Account, AccountError> {
        let people = self.store.look_at_people(PeopleScope::login(login)).await?;
        let account = people.account(login).filter(|account| account.closed.is_none());
        account.cloned().ok_or(AccountError::UnknownLogin)
    }

    /// Changes an open account.
    ///
    /// # Errors
    /// If there is none of that login, or what is to be is not possible.
    pub async fn revise(&self, login: &str, revision: Revision) -> Result<Account, AccountError> {
        let hashed = match &revision {
            Revision::Password { password, .. } => {
                password.check(login)?;
                self.hash(password).await?
            }
            Revision::Role { unit: Some(unit), .. } => {
                within(unit, &self.own)?;
                String::new()
            }
            Revision::Role { unit: None, .. } | Revision::Close => String::new(),
        };
        let now = self.clock.timestamp();
        let name = login.to_owned();
        let revised = self.store.people(PeopleScope::login(login), move |people| {
            let found = people.account(&name).filter(|account| account.closed.is_none());
            let Some(found) = found else { return (PeopleChanges::default(), Err(AccountError::UnknownLogin)) };
            let mut account = found.clone();
            let ends = !matches!(revision, Revision::Role { .. });
            match revision {
                Revision::Password { one_time, .. } => {
                    account = Account { password: hashed, one_time, failures: 0, failed: None, ..account };
                }
                Revision::Role { role, unit } => {
                    account.role = role;
                    account.unit = unit.unwrap_or(account.unit);
                }
                Revision::Close => account.closed = Some(now),
            }
            let ended_of = if ends { vec![account.pseudonym] } else { Vec::new() };
            (PeopleChanges { ended_of, accounts: vec![account.clone()], ..PeopleChanges::default() }, Ok(account))
        });
        revised.await?
    }

    /// Finds out whether somebody is who they say. `new` is the password that they want from now on, if they want another.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for whatever is wrong with login and password, after the same time; and if the password was given
    /// out and no new one comes with it.
    pub async fn authenticate(
        &self,
        login: &str,
        password: &Password,
        new: Option<&Password>,
    ) -> Result<Account, AccountError> {
        // Counted before it is looked at, so that many attempts at once are as many as one after the other.
        let now = self.clock.timestamp();
        let name = login.to_owned();
        let attempt = self.store.people(PeopleScope::login(login), move |people| {
            let open = people.account(&name).filter(|one| one.closed.is_none() && throttle::is_open(one, now));
            let counted = open.map(|account| throttle::attempted(account, now));
            (PeopleChanges { accounts: counted.clone().into_iter().collect(), ..PeopleChanges::default() }, counted)
        });
        let attempted = attempt.await?;
        // Where there is no such account, or it waits, the same is done for nothing.
        let stored = attempted.as_ref().map(|account| account.password.clone()).unwrap_or_default();
        let fits = self.fits(password, &stored).await?;
        let Some(account) = attempted.filter(|_| fits) else { return Err(AccountError::Refused) };
        let hashed = match new {
            None => None,
            Some(new) if new == password => return Err(AccountError::PasswordUnchanged),
            Some(new) => {
                new.check(login)?;
                Some(self.hash(new).await?)
            }
        };
        let name = login.to_owned();
        let entered = self.store.people(PeopleScope::login(login), move |people| {
            let nothing = PeopleChanges::default();
            // It may have been closed, or given another password, meanwhile.
            let now = people.account(&name).filter(|now| now.closed.is_none() && now.password == account.password);
            let Some(now) = now else { return (nothing, Err(AccountError::Refused)) };
            let mut entered = Account { failures: 0, failed: None, ..now.clone() };
            let mut ended_of = Vec::new();
            if let Some(hashed) = hashed {
                ended_of.push(entered.pseudonym);
                entered = Account { password: hashed, one_time: false, ..entered };
            }
            let answer = if entered.one_time { Err(AccountError::NewPasswordNeeded) } else { Ok(entered.clone()) };
            (PeopleChanges { ended_of, accounts: vec![entered], ..nothing }, answer)
        });
        entered.await?
    }

    /// Logs in: as [`Self::authenticate`], and begins a session.
    ///
    /// # Errors
    /// As that.
    pub async fn log_in(
        &self,
        login: &str,
        password: &Password,
        new: Option<&Password>,
    ) -> Result<Entered, AccountError> {
        let account = self.authenticate(login, password, new).await?;
        let token = Token::draw(&*self.entropy);
        let created = self.clock.timestamp();
        let expires = created.plus_seconds(SESSION_SECONDS);
        let session = Session { token: token.hash(), account: account.pseudonym, created, expires };
        let stored = account.password.clone();
        let begun = self.store.people(PeopleScope::login(login), move |people| {
            let still = people.accounts.iter().any(|one| one.closed.is_none() && one.password == stored);
            if !still {
                return (PeopleChanges::default(), Err(AccountError::Refused));
            }
            let mut sessions: Vec<_> = people.sessions.iter().collect();
            sessions.sort_by_key(|session| session.created);
            let over = sessions.len().saturating_add(1).saturating_sub(SESSIONS_MAX);
            let ended = sessions.iter().take(over).map(|session| session.token).collect();
            (
                PeopleChanges { ended, expired: Some(created), sessions: vec![session], ..PeopleChanges::default() },
                Ok(()),
            )
        });
        begun.await??;
        Ok(Entered { token, expires, account })
    }

    /// Ends a session. One that is over already is no fault.
    ///
    /// # Errors
    /// If storage failed.
    pub async fn log_out(&self, token: &Token) -> Result<(), AccountError> {
        let ended = vec![token.hash()];
        let changes = PeopleChanges { ended, ..PeopleChanges::default() };
        Ok(self.store.people(PeopleScope::default(), |_| (changes, ())).await?)
    }

    /// Whose session it is.
    ///
    /// # Errors
    /// If it is over, or its account was closed.
    pub async fn holder(&self, token: &Token) -> Result<Account, AccountError> {
        let now = self.clock.timestamp();
        let people = self.store.look_at_people(PeopleScope::session(token.hash())).await?;
        let lives = people.sessions.iter().any(|session| now < session.expires);
        let account = people.accounts.into_iter().find(|account| account.closed.is_none());
        account.filter(|_| lives).ok_or(AccountError::SessionEnded)
    }

    async fn hash(&self, password: &Password) -> Result<String, AccountError> {
        let (password, salt) = (password.clone(), random_bytes(&*self.entropy));
        self.aside(move || password.hash(salt)).await
    }

    async fn fits(&self, password: &Password, stored: &str) -> Result<bool, AccountError> {
        let (password, stored) = (password.clone(), stored.to_owned());
        self.aside(move || password.fits(&stored)).await
    }

    /// Does what takes a core for a while where nobody waits for it, few at a time.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, AccountError> + Send + 'static,
    ) -> Result<T, AccountError> {
        // The semaphore is never closed. The place goes with the work, which goes on if the caller goes away.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let done = tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        });
        done.await.map_err(|_| AccountError::Hashing)?
    }
}

/// What is wrong with accounts to make, beside those that there are: all of it, by number.
fn wrong(new: &[NewAccount], known: &[Account], own: &UnitCode) -> Vec<(usize, AccountError)> {
    let mut taken: BTreeSet<&str> = known.iter().map(|account| account.login.as_str()).collect();
    let mut wrong = Vec::new();
    for (at, account) in (0..).zip(new) {
        if let Err(error) = account.check(own) {
            wrong.push((at, error));
        }
        if !taken.insert(&account.login) {
            wrong.push((at, AccountError::Taken));
        }
    }
    wrong
}

fn within(unit: &UnitCode, own: &UnitCode) -> Result<(), AccountError> {
    if own.contains(unit) {
        return Ok(());
    }
    Err(AccountError::ForeignUnit { unit: unit.clone(), own: own.clone() })
}
