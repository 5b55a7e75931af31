//! What takes two people: a request for exactly one thing, which somebody else approves or asks for too. It does not do the thing.

use data_encoding::HEXLOWER;

use super::{AccountError, Person};
use crate::domain::{AccountRole, Timestamp};
use crate::journal::prefix;
use crate::store::{Account, PeopleChanges, PeopleScope, Request, Store};

/// How long a request waits, in seconds: a day.
pub const REQUEST_SECONDS: i64 = 24 * 3600;
/// How long one that is over is kept, in seconds: 90 days, for whoever asks what was done.
const KEPT_SECONDS: i64 = 90 * 24 * 3600;

/// A kind of thing that may take two people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The hub revokes a node.
    Revoke,
    /// A node endorses the keys of one below it.
    Endorse,
}

impl Kind {
    /// The name on the command line and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Endorse => "endorse",
        }
    }
}

/// Whether a kind of thing takes two people here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FourEyes {
    /// Never.
    Off,
    /// As soon as there are two people who could: two open admin accounts that are not one person's.
    #[default]
    Auto,
    /// Always, even where there is nobody to approve.
    On,
}

impl FourEyes {
    /// Reads a setting.
    ///
    /// # Errors
    /// If it is none of the three words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "off" => Ok(Self::Off),
            "auto" => Ok(Self::Auto),
            "on" => Ok(Self::On),
            _ => Err("it is off, auto or on"),
        }
    }

    /// Whether it takes two among these accounts.
    #[must_use]
    pub fn applies(self, accounts: &[Account]) -> bool {
        let admins = || accounts.iter().filter(|one| one.role == AccountRole::Admin && one.closed.is_none());
        let two = || {
            let mut people = admins().map(Person::of_account);
            people.next().is_some_and(|first| people.any(|other| !first.may_be(&other)))
        };
        match self {
            Self::Off => false,
            Self::Auto => two(),
            Self::On => true,
        }
    }
}

/// What became of asking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It waits for somebody else, by this name.
    Pending(String),
    /// Two people want it, or one is enough here: it may be done, once.
    Granted,
}

/// Asks for a thing, or confirms it if somebody else has asked for exactly the same within a day. What is granted is used up: to do
/// it again takes two again. `four_eyes` says whether it takes two here at all.
///
/// # Errors
/// If storage failed.
pub async fn ask_or_confirm<S: Store>(
    store: &S,
    four_eyes: FourEyes,
    kind: Kind,
    subject: &[u8],
    by: &Person,
    now: Timestamp,
) -> Result<Answer, AccountError> {
    let scope = PeopleScope { everybody: true, requests: true, ..PeopleScope::default() };
    let (subject, by) = (subject.to_vec(), by.clone());
    let answered = store.people(scope, move |people| {
        if !four_eyes.applies(&people.accounts) {
            return (PeopleChanges::default(), Answer::Granted);
        }
        let open =
            people.requests.iter().find(|one| is_open(one, now) && one.kind == kind.name() && one.subject == subject);
        let kept = |one: &&Request| one.expires.plus_seconds(KEPT_SECONDS) <= now;
        let forgotten = people.requests.iter().filter(kept).map(|one| one.id).collect();
        let changes =
            |request: Request| PeopleChanges { requests: vec![request], forgotten, ..PeopleChanges::default() };
        match open {
            Some(request) if request.approver.is_some() => {
                (changes(Request { used: Some(now), ..request.clone() }), Answer::Granted)
            }
            Some(request) if !Person::stored(&request.asker).may_be(&by) => {
                let used = Request { approver: Some(by.to_stored()), used: Some(now), ..request.clone() };
                (changes(used), Answer::Granted)
            }
            Some(request) => (PeopleChanges::default(), Answer::Pending(name(request))),
            None => {
                let request = Request {
                    id: id(kind, &subject, &by, now),
                    kind: kind.name().to_owned(),
                    subject,
                    asker: by.to_stored(),
                    asked: now,
                    expires: now.plus_seconds(REQUEST_SECONDS),
                    approver: None,
                    used: None,
                };
                let answer = Answer::Pending(name(&request));
                (changes(request), answer)
            }
        }
    });
    Ok(answered.await?)
}

/// The same for whoever goes on only if it is granted.
///
/// # Errors
/// [`AccountError::Waits`] if it waits for somebody else, and if storage failed.
pub async fn require<S: Store>(
    store: &S,
    four_eyes: FourEyes,
    kind: Kind,
    subject: &[u8],
    by: &Person,
    now: Timestamp,
) -> Result<(), AccountError> {
    match ask_or_confirm(store, four_eyes, kind, subject, by, now).await? {
        Answer::Granted => Ok(()),
        Answer::Pending(request) => Err(AccountError::Waits { request }),
    }
}

/// Approves a request, by its name. Whoever asked does then what they asked for, by asking again.
///
/// # Errors
/// If no such request waits, or it may be the approver's own.
pub async fn approve<S: Store>(store: &S, id: &str, by: &Person, now: Timestamp) -> Result<Request, AccountError> {
    let (id, by) = (id.trim().to_ascii_lowercase(), by.clone());
    let scope = PeopleScope { requests: true, ..PeopleScope::default() };
    let approved = store.people(scope, move |people| {
        let nothing = PeopleChanges::default();
        let found = people.requests.iter().find(|one| is_open(one, now) && one.approver.is_none() && name(one) == id);
        match found {
            None => (nothing, Err(AccountError::UnknownRequest)),
            Some(request) if Person::stored(&request.asker).may_be(&by) => (nothing, Err(AccountError::SamePerson)),
            Some(request) => {
                let approved = Request { approver: Some(by.to_stored()), ..request.clone() };
                (PeopleChanges { requests: vec![approved.clone()], ..nothing }, Ok(approved))
            }
        }
    });
    approved.await?
}

/// The requests that can still be approved or used, oldest first.
///
/// # Errors
/// If storage failed.
pub async fn waiting<S: Store>(store: &S, now: Timestamp) -> Result<Vec<Request>, AccountError> {
    let scope = PeopleScope { requests: true, ..PeopleScope::default() };
    let mut requests = store.look_at_people(scope).await?.requests;
    requests.retain(|request| is_open(request, now));
    Ok(requests)
}

/// A request's name for people.
#[must_use]
pub fn name(request: &Request) -> String {
    HEXLOWER.encode(&request.id)
}

/// A request's subject for people: its text, or hexadecimal digits if it is none.
#[must_use]
pub fn subject(request: &Request) -> String {
    let text = String::from_utf8(request.subject.clone()).ok();
    let text = text.filter(|text| !text.chars().any(|c| c.is_control() && c != '\n'));
    text.map_or_else(|| HEXLOWER.encode(&request.subject), |text| text.replace('\n', " "))
}

fn is_open(request: &Request, now: Timestamp) -> bool {
    request.used.is_none() && now < request.expires
}

/// The name of a request: it need not be secret, since nothing can be done by knowing it.
fn id(kind: Kind, subject: &[u8], by: &Person, now: Timestamp) -> [u8; 8] {
    let pieces = [kind.name().as_bytes(), subject, by.by().as_bytes()];
    let [one, two, three] = pieces.map(|piece| u64::try_from(piece.len()).unwrap_or(u64::MAX).to_be_bytes());
    let [kind, subject, by] = pieces;
    let hash = prefix::APPROVAL.hash(&[&one, kind, &two, subject, &three, by, &now.0.to_be_bytes()]);
    let mut id = [0; 8];
    id.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
    id
}
