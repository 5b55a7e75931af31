//! What people can ask of the desk, as values. Their words are those of the command line; what they lead to is `author`'s.

use std::fmt;

use super::error::DeskError;
use super::name::ComplaintName;
use crate::domain::event::Category;
use crate::domain::{Channel, Class, ComplaintId, EventHash, Reason, UnitCode, Visibility};

macro_rules! names {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The actions by name.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum ActionName { $($(#[$doc])* $variant,)+ }

        impl ActionName {
            /// All of them, in the order in which they are offered.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the command line and in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

names! {
    /// File a complaint.
    File = "file",
    /// Accept it as complete and within authority.
    Verify = "verify",
    /// Pass it down, or back, within the node.
    Dispose = "dispose",
    /// Take what another unit passed on.
    Accept = "accept",
    /// Put it off until the reporter completes the file.
    Defer = "defer",
    /// Put it away without an answer.
    Archive = "archive",
    /// Record work towards an answer.
    FollowUp = "follow-up",
    /// Answer.
    Respond = "respond",
    /// End it.
    Close = "close",
    /// Open it again.
    Reopen = "reopen",
    /// Ask that another body's unit answer.
    Transfer = "transfer",
    /// Ask that it go back to its sender.
    Return = "return",
    /// Take the transfer or return back.
    TakeBack = "take-back",
    /// Write a late event's change anew.
    Adopt = "adopt",
    /// Put right what it is about.
    Recategorise = "recategorise",
    /// Link it to another complaint that it has to do with.
    Relate = "relate",
    /// Put it away as the same matter as another complaint's.
    Double = "double",
    /// Take a link back.
    Unlink = "unlink",
    /// The reporter's reply.
    Reply = "reply",
    /// The reporter completes the file.
    Complete = "complete",
    /// The reporter confirms the answer.
    Confirm = "confirm",
    /// The reporter rates the handling.
    Rate = "rate",
    /// The reporter appeals.
    Appeal = "appeal",
    /// The reporter withdraws the complaint.
    Withdraw = "withdraw",
    /// Destroy an event's content.
    Redact = "redact",
}

impl ActionName {
    /// Whether it is an office that does it, not a reporter.
    #[must_use]
    pub const fn is_an_offices(self) -> bool {
        match self {
            Self::Verify
            | Self::Dispose
            | Self::Accept
            | Self::Defer
            | Self::Archive
            | Self::FollowUp
            | Self::Respond
            | Self::Close
            | Self::Reopen
            | Self::Transfer
            | Self::Return
            | Self::TakeBack
            | Self::Adopt
            | Self::Recategorise
            | Self::Relate
            | Self::Double
            | Self::Unlink => true,
            Self::File
            | Self::Reply
            | Self::Complete
            | Self::Confirm
            | Self::Rate
            | Self::Appeal
            | Self::Withdraw
            | Self::Redact => false,
        }
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something to do with a complaint that exists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Verified.
    Verify,
    /// Disposed to a unit of this node.
    Dispose {
        /// To whom.
        unit: UnitCode,
        /// Why.
        reason: Reason,
    },
    /// Accepted.
    Accept,
    /// Deferred.
    Defer {
        /// Why.
        reason: Reason,
    },
    /// Archived.
    Archive {
        /// Why.
        reason: Reason,
    },
    /// Followed up.
    FollowUp,
    /// Responded.
    Respond,
    /// Closed.
    Close,
    /// Reopened.
    Reopen,
    /// Transfer.
    Transfer {
        /// To whom.
        to: UnitCode,
        /// Why.
        reason: Reason,
    },
    /// Return.
    Return {
        /// Why.
        reason: Reason,
    },
    /// Take-back of the pending proposal.
    TakeBack,
    /// Adoption of a late event: the only one, if none is named.
    Adopt {
        /// Which.
        event: Option<EventName>,
    },
    /// Category and class put right.
    Recategorise {
        /// The category from now on.
        category: Category,
        /// The class from now on.
        class: Class,
    },
    /// Linked to another complaint.
    Relate {
        /// Which.
        to: ComplaintName,
    },
    /// Put away as a double.
    Double {
        /// Of which.
        of: ComplaintName,
    },
    /// A link taken back.
    Unlink {
        /// From which.
        from: ComplaintName,
    },
    /// Replied.
    Reply,
    /// Completed.
    Complete,
    /// Confirmed.
    Confirm,
    /// Rated.
    Rate {
        /// 1 (worst) to 5 (best).
        stars: u8,
    },
    /// Appealed.
    Appeal,
    /// Withdrew.
    Withdraw,
    /// Redacted.
    Redact {
        /// Whose content.
        event: EventName,
    },
}

impl Action {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> ActionName {
        match self {
            Self::Verify => ActionName::Verify,
            Self::Dispose { .. } => ActionName::Dispose,
            Self::Accept => ActionName::Accept,
            Self::Defer { .. } => ActionName::Defer,
            Self::Archive { .. } => ActionName::Archive,
            Self::FollowUp => ActionName::FollowUp,
            Self::Respond => ActionName::Respond,
            Self::Close => ActionName::Close,
            Self::Reopen => ActionName::Reopen,
            Self::Transfer { .. } => ActionName::Transfer,
            Self::Return { .. } => ActionName::Return,
            Self::TakeBack => ActionName::TakeBack,
            Self::Adopt { .. } => ActionName::Adopt,
            Self::Recategorise { .. } => ActionName::Recategorise,
            Self::Relate { .. } => ActionName::Relate,
            Self::Double { .. } => ActionName::Double,
            Self::Unlink { .. } => ActionName::Unlink,
            Self::Reply => ActionName::Reply,
            Self::Complete => ActionName::Complete,
            Self::Confirm => ActionName::Confirm,
            Self::Rate { .. } => ActionName::Rate,
            Self::Appeal => ActionName::Appeal,
            Self::Withdraw => ActionName::Withdraw,
            Self::Redact { .. } => ActionName::Redact,
        }
    }

    /// The other complaint that it names.
    #[must_use]
    pub const fn other(&self) -> Option<&ComplaintName> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others name none")]
        match self {
            Self::Relate { to: other } | Self::Double { of: other } | Self::Unlink { from: other } => Some(other),
            _ => None,
        }
    }

    /// The same, naming the other complaint by its id.
    #[must_use]
    pub(super) fn naming(&self, id: ComplaintId) -> Self {
        let name = ComplaintName::Id(id);
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others name none")]
        match self {
            Self::Relate { .. } => Self::Relate { to: name },
            Self::Double { .. } => Self::Double { of: name },
            Self::Unlink { .. } => Self::Unlink { from: name },
            other => other.clone(),
        }
    }

    /// Whether it is nothing without a text.
    #[must_use]
    pub fn needs_text(&self) -> bool {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others speak for themselves")]
        match self {
            Self::Respond | Self::Reply | Self::Complete | Self::Appeal => true,
            Self::Dispose { reason, .. }
            | Self::Defer { reason }
            | Self::Archive { reason }
            | Self::Transfer { reason, .. }
            | Self::Return { reason } => *reason == Reason::Other,
            _ => false,
        }
    }
}

/// An event's hash, or the beginning of it: at least 6 hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventName(String);

impl EventName {
    /// Reads a hash or the beginning of one.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parse(text: &str) -> Result<Self, DeskError> {
        let text = text.trim().to_ascii_lowercase();
        let fits = (6..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if fits { Ok(Self(text)) } else { Err(DeskError::UnknownEvent) }
    }

    /// Whether this is that event's name, or its beginning.
    #[must_use]
    pub fn fits(&self, event: &EventHash) -> bool {
        event.to_string().starts_with(&self.0)
    }
}

/// A complaint to file.
#[derive(Clone, PartialEq, Eq)]
pub struct NewComplaint {
    /// The unit that files; the node's own if none is given.
    pub unit: Option<UnitCode>,
    /// What kind.
    pub class: Class,
    /// How it came in.
    pub channel: Channel,
    /// Who may know what.
    pub visibility: Visibility,
    /// What it is about.
    pub category: Category,
    /// Whether somebody filed it for the reporter.
    pub on_behalf: bool,
    /// The body complained of.
    pub about: Option<UnitCode>,
    /// Where it happened, if that is known: an area's code.
    pub area: Option<UnitCode>,
    /// What the reporter tells.
    pub narrative: String,
    /// Who the reporter is; none for an anonymous complaint.
    pub reporter: Option<Reporter>,
}

impl NewComplaint {
    /// The area as it is told: of an anonymous reporter a district at the finest.
    #[must_use]
    pub fn told_area(&self) -> Option<UnitCode> {
        let area = self.area.as_ref().map(UnitCode::territory).filter(|area| !area.is_root())?;
        Some(if self.visibility == Visibility::Anonymous { area.without_village() } else { area })
    }
}

impl fmt::Debug for NewComplaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("NewComplaint");
        shown.field("class", &self.class).field("channel", &self.channel).field("visibility", &self.visibility);
        shown.field("category", &self.category).finish_non_exhaustive()
    }
}

/// Who a reporter is. What is not known is empty.
#[derive(Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reporter {
    /// The name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// How to telephone.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// Where.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Where mail goes to them, as `domain::mailbox` has it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
}

impl Reporter {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        [&self.name, &self.phone, &self.address, &self.email].iter().all(|field| field.trim().is_empty())
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter(personal)")
    }
}
