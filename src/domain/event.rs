//! Events: what a header says. Structured data only, no free text, no personal data; the bytes are the journal's.

use super::deadline::Moment;
use super::ids::{
    ComplaintId, EventHash, FederationId, NodeId, Position, Pseudonym, SealingKeyId, SigningKeyId, StatementSignature,
    Timestamp,
};
use super::listing::Listing;
use super::terms::{Cause, Channel, Class, Inadmissibility, MoveRefusal, PartKind, Reason, Visibility};
use super::tracking::TrackingNumber;
use super::unit::UnitCode;

/// Longest header, in bytes.
pub const HEADER_BYTES_MAX: usize = 4 * 1024;
/// Longest part, in bytes of content.
pub const PART_BYTES_MAX: usize = 64 * 1024;
/// Longest content of all parts of one event, in bytes.
pub const PARTS_BYTES_MAX: usize = 192 * 1024;
/// Most parts of one event.
pub const PARTS_MAX: usize = 16;
/// How far an event's time may lie ahead of the hub's, in seconds.
pub const FUTURE_SECONDS_MAX: i64 = 600;

/// An event: a header and the hash of its exact bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The event's name.
    pub hash: EventHash,
    /// What it says.
    pub header: Header,
}

/// What an event says. Fields as in CUSTODY.md, "Events".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The federation it belongs to.
    pub federation: FederationId,
    /// Whose journal it stands in.
    pub node: NodeId,
    /// Where in that journal.
    pub position: Position,
    /// The author's previous event on this complaint.
    pub prev: Option<EventHash>,
    /// The complaint; none for registry events.
    pub complaint: Option<ComplaintId>,
    /// What opened the epoch it is written in; origin events other than Filed name Filed.
    pub opener: Option<EventHash>,
    /// The newest origin event its author knew.
    pub seen: Option<EventHash>,
    /// The newest registry event its author knew, as a position in the hub's journal.
    pub registry: Position,
    /// The author's clock.
    pub time: Timestamp,
    /// The unit on whose behalf it was written; none for the hub's own.
    pub unit: Option<UnitCode>,
    /// Who wrote it, as a pseudonym.
    pub account: Option<Pseudonym>,
    /// What changed.
    pub change: Change,
    /// Commitments to the detachable content.
    pub parts: Vec<PartRef>,
}

/// A commitment to one part: it binds content that can be destroyed without breaking the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartRef {
    /// What the part holds.
    pub kind: PartKind,
    /// Salted hash of the content; see `journal::part`.
    pub commitment: [u8; 32],
}

/// What a complaint is when it is filed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filing {
    /// Random; the complaint's id derives from it.
    pub nonce: [u8; 16],
    /// What the reporter keeps.
    pub tracking: TrackingNumber,
    /// What kind of complaint.
    pub class: Class,
    /// How it came in.
    pub channel: Channel,
    /// Whether somebody filed it for the reporter.
    pub on_behalf: bool,
    /// Who may know what.
    pub visibility: Visibility,
    /// What it is about: a code of `data/categories.csv`.
    pub category: Category,
    /// The body complained of, if it names one.
    pub about: Option<UnitCode>,
    /// Where it happened: an area's code; of an anonymous reporter a district at the finest.
    pub area: Option<UnitCode>,
}

/// A category's code: 1 to 40 lower-case letters, digits and hyphens.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Category(String);

impl Category {
    /// Reads a category code; none if it has another shape.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let ok = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=40).contains(&text.len()) && text.bytes().all(ok);
        fits.then(|| Self(text.to_owned()))
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A unit's or node's public name: 1 to 120 characters without control characters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicName(String);

impl PublicName {
    /// Takes a name; none if it is empty, too long or has control characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=120).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The hub's record that custody moved: the only thing that moves it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// The opener whose epoch ends.
    pub ends: EventHash,
    /// Who answers from now on.
    pub unit: UnitCode,
    /// Where that unit is at home; pinned, since registries change.
    pub node: NodeId,
    /// Why.
    pub cause: Cause,
    /// Whether an arbiter's assignment binds the new holder.
    pub assigned: bool,
    /// The proposal it grants.
    pub proposal: Option<EventHash>,
    /// The last position of the outgoing holder on this complaint that still counts; none if nothing does.
    pub cutoff: Option<Position>,
    /// The last admitted event of every writer: what the new holder must have before it acts.
    pub admitted: Vec<(NodeId, EventHash)>,
}

/// The key of one sealed part, wrapped to one recipient (HPKE, RFC 9180).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrap {
    /// Which part of the event, from 0.
    pub part: u8,
    /// Who can open it.
    pub to: NodeId,
    /// To which of its keys.
    pub key: SealingKeyId,
    /// The encapsulated key.
    pub encapped: [u8; 32],
    /// The part's key, encrypted and authenticated.
    pub wrapped: [u8; 48],
}

/// What an event changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A complaint was filed.
    Filed(Box<Filing>),
    /// Accepted as complete and within authority.
    Verified,
    /// Passed down, or back, to a unit at home on the same node.
    Disposed {
        /// Who handles it now.
        unit: UnitCode,
        /// Why.
        reason: Reason,
    },
    /// The new holder takes it.
    Accepted,
    /// Waits for the reporter to complete the file.
    Deferred {
        /// Why.
        reason: Reason,
    },
    /// Put away without an answer.
    Archived {
        /// Why.
        reason: Reason,
    },
    /// Work towards an answer was recorded.
    FollowedUp,
    /// Answered.
    Responded,
    /// Ended.
    Closed,
    /// Opened again.
    Reopened,
    /// Proposal: to a unit of another body.
    Transfer {
        /// Who is to answer.
        to: UnitCode,
        /// Why.
        reason: Reason,
    },
    /// Proposal: back to the sender.
    Return {
        /// Why.
        reason: Reason,
    },
    /// Takes a pending proposal back.
    TakeBack {
        /// Which.
        proposal: EventHash,
    },
    /// Writes a late event's change anew.
    Adopted {
        /// Which.
        event: EventHash,
    },
    /// What it is about is put right; the filing stays as it was.
    Recategorised {
        /// The category from now on.
        category: Category,
        /// The class from now on.
        class: Class,
    },
    /// Has to do with another complaint.
    Related {
        /// Which.
        to: ComplaintId,
    },
    /// The same matter as another complaint's, and put away: that one is answered.
    Doubled {
        /// Which.
        of: ComplaintId,
    },
    /// Has nothing to do with another complaint after all.
    Unlinked {
        /// Which.
        from: ComplaintId,
    },
    /// The complaint was filed before, in a system that this one follows; what that system said of it stands in a part.
    Imported,
    /// The reporter replied.
    Replied,
    /// The reporter completed the file.
    Completed,
    /// The reporter confirmed the answer.
    Confirmed,
    /// The reporter rated the handling.
    Rated {
        /// 1 (worst) to 5 (best).
        stars: u8,
    },
    /// The reporter appealed.
    Appealed,
    /// The reporter withdrew the complaint.
    Withdrew,
    /// Content is destroyed, for ever.
    Redacted {
        /// Whose content.
        event: EventHash,
    },
    /// Sealed parts of an event can be opened by more nodes. Recorded; no change of state.
    Granted {
        /// Whose parts.
        event: EventHash,
        /// For whom.
        wraps: Vec<Wrap>,
    },
    /// A node says what one of its units is; the hub publishes it.
    UnitDeclared(Box<Listing>),
    /// A node says that one of its units takes no complaints any more.
    UnitRetired {
        /// Which.
        unit: UnitCode,
        /// The unit that has taken over what it did, if one has.
        into: Option<UnitCode>,
    },
    /// Hub: custody moved.
    Moved(Box<Moved>),
    /// Hub: a proposal cannot be granted.
    MoveRefused {
        /// Which.
        proposal: EventHash,
        /// What was written up to here while it was pending stays refused.
        upto: Position,
        /// Why.
        reason: MoveRefusal,
    },
    /// Hub: an event is outside the set.
    Inadmissible {
        /// Which.
        event: EventHash,
        /// The `prev` it named, so that the author's chain can be followed without it.
        prev: Option<EventHash>,
        /// Why.
        reason: Inadmissibility,
    },
    /// Hub: an event whose change the hub does not know waits outside the set, with its author's later ones.
    Held {
        /// Which.
        event: EventHash,
    },
    /// Hub: a held event is now known and counts.
    Released {
        /// Which.
        event: EventHash,
    },
    /// Hub: a deadline passed, and those above the holder are told. Custody stays.
    Overdue {
        /// The opener of the epoch in which it passed.
        opener: EventHash,
        /// What should have happened.
        moment: Moment,
        /// By when.
        due: Timestamp,
        /// Nodes that take part from now on, so that their people see it.
        told: Vec<NodeId>,
    },
    /// Hub: a node takes part, since a complaint of its own is a double of this one.
    Joined {
        /// Which node.
        node: NodeId,
        /// The double.
        double: ComplaintId,
    },
    /// Hub, registry: a node was enrolled with these keys.
    NodeEnrolled {
        /// The unit it was enrolled for.
        node: UnitCode,
        /// Its public name.
        name: PublicName,
        /// Ed25519 key that signs its seals.
        signing_key: SigningKeyId,
        /// SHA-256 of the public key of its TLS certificate (RFC 7469 pin).
        tls_key: [u8; 32],
        /// X25519 key to which content is sealed.
        sealing_key: SealingKeyId,
        /// Positions of its journal after this one are sealed with this signing key.
        after: Position,
    },
    /// Hub, registry: a node was revoked.
    NodeRevoked {
        /// Which.
        node: UnitCode,
        /// The last position in its journal that still counts.
        last: Position,
    },
    /// Hub, registry: a node's link is closed until it is reinstated; what it holds it keeps.
    NodeSuspended {
        /// Which.
        node: UnitCode,
    },
    /// Hub, registry: a node's suspension has ended.
    NodeReinstated {
        /// Which.
        node: UnitCode,
    },
    /// Hub, registry: a node's certificate bears another key from now on.
    NodeCertified {
        /// Which.
        node: UnitCode,
        /// SHA-256 of the public key of its TLS certificate.
        tls_key: [u8; 32],
    },
    /// Hub, registry: a node has given itself new keys, and says so under its old one.
    KeysRotated {
        /// Which.
        node: UnitCode,
        /// Positions of its journal after this one are sealed with the new signing key.
        after: Position,
        /// The new signing key; it may be the old one.
        signing_key: SigningKeyId,
        /// The new sealing key; it may be the old one.
        sealing_key: SealingKeyId,
        /// By the old signing key; see `journal::statement`.
        signature: StatementSignature,
    },
    /// Hub, registry: people compared a node's keys with what the node shows, and their own node says so.
    KeysEndorsed {
        /// Whose keys.
        node: UnitCode,
        /// The signing key that was compared.
        signing_key: SigningKeyId,
        /// The sealing key that was compared.
        sealing_key: SealingKeyId,
        /// Where in the hub's journal these keys were enrolled: an endorsement says nothing of a later enrolment.
        keyed: Position,
        /// Whose people compared them: the node above it.
        by: UnitCode,
        /// By that node's signing key; see `journal::statement`.
        signature: StatementSignature,
    },
    /// Hub, registry: a node begins a new life of its journal.
    IncarnationGranted {
        /// Which.
        node: UnitCode,
        /// The last position of the old life that counts.
        ended: Position,
        /// The new life's number.
        incarnation: u32,
    },
    /// Hub, registry: a unit exists and may hold complaints.
    UnitListed {
        /// What is known of it.
        listing: Box<Listing>,
        /// The node's declaration that it publishes; none if the hub's operator listed it.
        declared: Option<EventHash>,
    },
    /// Hub, registry: a unit no longer takes complaints.
    UnitClosed {
        /// Its code.
        unit: UnitCode,
        /// The unit that has taken over what it did, if one has.
        into: Option<UnitCode>,
        /// The node's declaration that it publishes; none if the hub's operator closed it.
        declared: Option<EventHash>,
    },
    /// A change that this version does not know; carried whole.
    Unknown {
        /// Its number.
        kind: u16,
        /// Its bytes.
        body: Vec<u8>,
    },
}

/// Who writes a change of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The node that filed the complaint, for its reporter.
    Origin,
    /// The custodian's node.
    Custodian,
    /// Whoever can open what is sealed.
    Granter,
    /// A node, about its own units.
    Declarer,
    /// The hub, on a complaint.
    Hub,
    /// The hub, about nodes and units.
    Registry,
    /// Author, origin or hub: a redaction.
    Redactor,
    /// Not known to this version.
    Unknown,
}

impl Change {
    /// Who writes changes of this kind.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Filed(_)
            | Self::Imported
            | Self::Replied
            | Self::Completed
            | Self::Confirmed
            | Self::Rated { .. }
            | Self::Appealed
            | Self::Withdrew => Role::Origin,
            Self::Verified
            | Self::Disposed { .. }
            | Self::Accepted
            | Self::Deferred { .. }
            | Self::Archived { .. }
            | Self::FollowedUp
            | Self::Responded
            | Self::Closed
            | Self::Reopened
            | Self::Transfer { .. }
            | Self::Return { .. }
            | Self::TakeBack { .. }
            | Self::Adopted { .. }
            | Self::Recategorised { .. }
            | Self::Related { .. }
            | Self::Doubled { .. }
            | Self::Unlinked { .. } => Role::Custodian,
            Self::Redacted { .. } => Role::Redactor,
            Self::Granted { .. } => Role::Granter,
            Self::UnitDeclared(_) | Self::UnitRetired { .. } => Role::Declarer,
            Self::Moved(_)
            | Self::MoveRefused { .. }
            | Self::Inadmissible { .. }
            | Self::Held { .. }
            | Self::Released { .. }
            | Self::Overdue { .. }
            | Self::Joined { .. } => Role::Hub,
            Self::NodeEnrolled { .. }
            | Self::NodeRevoked { .. }
            | Self::NodeSuspended { .. }
            | Self::NodeReinstated { .. }
            | Self::NodeCertified { .. }
            | Self::KeysRotated { .. }
            | Self::KeysEndorsed { .. }
            | Self::IncarnationGranted { .. }
            | Self::UnitListed { .. }
            | Self::UnitClosed { .. } => Role::Registry,
            Self::Unknown { .. } => Role::Unknown,
        }
    }

    /// Whether it proposes a move: Transfer or Return.
    #[must_use]
    pub const fn is_proposal(&self) -> bool {
        matches!(self, Self::Transfer { .. } | Self::Return { .. })
    }

    /// Whether it is a reply: Replied or Completed (CUSTODY.md, fold rule 4).
    #[must_use]
    pub const fn is_reply(&self) -> bool {
        matches!(self, Self::Replied | Self::Completed)
    }

    /// The change's name on the command line, in JSON and in logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Filed(_) => "filed",
            Self::Verified => "verified",
            Self::Disposed { .. } => "disposed",
            Self::Accepted => "accepted",
            Self::Deferred { .. } => "deferred",
            Self::Archived { .. } => "archived",
            Self::FollowedUp => "followed-up",
            Self::Responded => "responded",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Transfer { .. } => "transfer",
            Self::Return { .. } => "return",
            Self::TakeBack { .. } => "take-back",
            Self::Adopted { .. } => "adopted",
            Self::Recategorised { .. } => "recategorised",
            Self::Related { .. } => "related",
            Self::Doubled { .. } => "doubled",
            Self::Unlinked { .. } => "unlinked",
            Self::Imported => "imported",
            Self::Replied => "replied",
            Self::Completed => "completed",
            Self::Confirmed => "confirmed",
            Self::Rated { .. } => "rated",
            Self::Appealed => "appealed",
            Self::Withdrew => "withdrew",
            Self::Redacted { .. } => "redacted",
            Self::Granted { .. } => "granted",
            Self::UnitDeclared(_) => "unit-declared",
            Self::UnitRetired { .. } => "unit-retired",
            Self::Moved(_) => "moved",
            Self::MoveRefused { .. } => "move-refused",
            Self::Inadmissible { .. } => "inadmissible",
            Self::Held { .. } => "held",
            Self::Released { .. } => "released",
            Self::Overdue { .. } => "overdue",
            Self::Joined { .. } => "joined",
            Self::NodeEnrolled { .. } => "node-enrolled",
            Self::NodeRevoked { .. } => "node-revoked",
            Self::NodeSuspended { .. } => "node-suspended",
            Self::NodeReinstated { .. } => "node-reinstated",
            Self::NodeCertified { .. } => "node-certified",
            Self::KeysRotated { .. } => "keys-rotated",
            Self::KeysEndorsed { .. } => "keys-endorsed",
            Self::IncarnationGranted { .. } => "incarnation-granted",
            Self::UnitListed { .. } => "unit-listed",
            Self::UnitClosed { .. } => "unit-closed",
            Self::Unknown { .. } => "unknown",
        }
    }
}
