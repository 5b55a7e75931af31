//! What a reporter is told: which events of a complaint are steps, and to whom each is told. Pure: it looks at folds and headers, never
//! at content, and sends nothing.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::complaint::{Complaint, Outcome};
use super::event::{Change, Event};
use super::ids::{EventHash, NodeId};
use super::terms::{PartKind, Visibility};

/// Longest name of a webhook, in bytes.
pub const HOOK_BYTES_MAX: usize = 32;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name, in databases, JSON and texts' codes.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
}

names! {
    /// A step of a complaint that its reporter is told of.
    Step {
        /// It was filed.
        Filed "filed",
        /// It was accepted as complete.
        Verified "verified",
        /// Another unit answers for it.
        Moved "moved",
        /// It waits for the reporter to complete it.
        Deferred "deferred",
        /// There was work towards an answer.
        FollowedUp "followed-up",
        /// It was answered.
        Responded "responded",
        /// It was closed.
        Closed "closed",
        /// It was put away without an answer.
        Archived "archived",
        /// It was opened again.
        Reopened "reopened",
    }
}

names! {
    /// How a notice stands.
    NoticeState {
        /// It is to be sent.
        Waiting "waiting",
        /// Whoever is to be told has taken it.
        Sent "sent",
        /// There is nobody to tell: the reporter gave no address, or what they gave was destroyed.
        Moot "moot",
        /// It was given up; people look and try again.
        Dead "dead",
    }
}

names! {
    /// Why a notice is not sent, or not yet.
    NoticeFault {
        /// Too many waited already when it was to be noted.
        Full "full",
        /// It waited when the journal began a new life: it may have been sent before.
        Recovered "recovered",
        /// Whoever was to be told is not in the settings any more.
        NotSetUp "not-set-up",
        /// Nobody answers there, or the connection broke.
        Unreachable "unreachable",
        /// There was no answer in time.
        TooSlow "too-slow",
        /// No secure connection came about.
        Tls "tls",
        /// The name leads to an address that is not public.
        PrivateAddress "private-address",
        /// It was sent on to another place, where nobody goes.
        Redirected "redirected",
        /// It was put off.
        PutOff "put-off",
        /// It was refused for good.
        Refused "refused",
        /// The server does not take mail from here: a matter of settings.
        NotAccepted "not-accepted",
        /// The reporter's address is none that mail can be sent to.
        BadAddress "bad-address",
        /// Who the reporter is cannot be read here.
        Unreadable "unreadable",
    }
}

/// A webhook's name: 1 to 32 lower-case letters, digits and hyphens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct HookName(Arc<str>);

impl HookName {
    /// Reads a name; none if it has other characters, begins or ends with a hyphen, or is too long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ok = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let fits = !text.is_empty() && text.len() <= HOOK_BYTES_MAX && text.bytes().all(ok);
        (fits && !text.starts_with('-') && !text.ends_with('-')).then(|| Self(Arc::from(text)))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Before a webhook's name, where recipients are written.
const WEBHOOK: &str = "webhook:";
/// The reporter, where recipients are written.
const REPORTER: &str = "reporter";

/// Who is told. It never says where they are.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Recipient {
    /// The reporter, by mail.
    Reporter,
    /// The webhook of this name.
    Webhook(HookName),
}

impl Recipient {
    /// Reads what is displayed; none if it is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(WEBHOOK) {
            Some(name) => HookName::parse(name).map(Self::Webhook),
            None => (text == REPORTER).then_some(Self::Reporter),
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reporter => f.write_str(REPORTER),
            Self::Webhook(name) => write!(f, "{WEBHOOK}{}", name.as_str()),
        }
    }
}

/// Who is told here at all, as the settings say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Telling {
    /// Whether reporters are told by mail.
    pub mail: bool,
    /// The webhooks.
    pub webhooks: BTreeSet<HookName>,
}

impl Telling {
    /// Who is told of a complaint: its reporter only if somebody stands in the filing, which for an anonymous one is never.
    #[must_use]
    pub fn recipients(&self, complaint: &Complaint, events: &[Event]) -> Vec<Recipient> {
        let filing = events.iter().find(|event| event.hash == complaint.filed);
        let named = filing.is_some_and(|event| event.header.parts.iter().any(|part| part.kind == PartKind::Identity));
        let anonymous = complaint.filing.visibility == Visibility::Anonymous;
        let reporter = (self.mail && named && !anonymous).then_some(Recipient::Reporter);
        reporter.into_iter().chain(self.webhooks.iter().cloned().map(Recipient::Webhook)).collect()
    }
}

/// The steps at the complaint's origin `own` that count in `after` and did not count in `before`, in the order of `events`, which are
/// those of `after`. Elsewhere nobody is told anything.
#[must_use]
pub fn steps(own: &NodeId, before: Option<&Complaint>, after: &Complaint, events: &[Event]) -> Vec<(EventHash, Step)> {
    if after.origin != *own {
        return Vec::new();
    }
    let counts = |complaint: &Complaint, hash| complaint.outcomes.get(hash) == Some(&Outcome::Counted);
    let fresh = events
        .iter()
        .filter(|event| counts(after, &event.hash) && before.is_none_or(|before| !counts(before, &event.hash)));
    fresh.filter_map(|event| Some((event.hash, step(after, &event.header.change, &event.hash, events)?))).collect()
}

/// The step that a counted event is.
fn step(complaint: &Complaint, change: &Change, hash: &EventHash, events: &[Event]) -> Option<Step> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are no steps of which a reporter is told")]
    match change {
        Change::Filed(_) => Some(Step::Filed),
        Change::Verified => Some(Step::Verified),
        Change::Moved(_) => has_another_unit(complaint, hash).then_some(Step::Moved),
        Change::Deferred { .. } => Some(Step::Deferred),
        Change::FollowedUp => Some(Step::FollowedUp),
        Change::Responded => Some(Step::Responded),
        Change::Closed => Some(Step::Closed),
        Change::Archived { .. } => Some(Step::Archived),
        Change::Reopened => Some(Step::Reopened),
        // What it adopts is done now. Of two the fold counts the last, and one that adopts adopts no adoption.
        Change::Adopted { event } => {
            let late = events.iter().find(|other| other.hash == *event)?;
            if matches!(late.header.change, Change::Adopted { .. }) {
                return None;
            }
            step(complaint, &late.header.change, &late.hash, events)
        }
        _ => None,
    }
}

/// Whether the unit that a move leads to is another than before: a unit that only got a node of its own stays who it is.
fn has_another_unit(complaint: &Complaint, opener: &EventHash) -> bool {
    let mut pairs = complaint.epochs.iter().zip(complaint.epochs.iter().skip(1));
    pairs.any(|(before, after)| after.opener == *opener && after.holders.first() != Some(before.holder()))
}

/// How long a notice waits after so many attempts, in seconds: all of it is drawn (full jitter), from nothing up to a bound that doubles
/// from one minute to six hours. `drawn` is random.
#[must_use]
pub fn wait_seconds(attempts: u32, drawn: u64) -> u64 {
    const FIRST: u64 = 60;
    const LONGEST: u64 = 6 * 60 * 60;
    let doubled = 1_u64.checked_shl(attempts.saturating_sub(1)).and_then(|factor| FIRST.checked_mul(factor));
    let bound = doubled.map_or(LONGEST, |bound| bound.min(LONGEST));
    drawn.checked_rem(bound).unwrap_or_default().saturating_add(1)
}

/// Attempts after which a notice is given up.
pub const ATTEMPTS_MAX: u32 = 12;
