//! What hub and node say to each other on the link, as plain values. How they look on the wire is the transport's.

use crate::domain::{ComplaintId, EventHash, FederationId, Position, Timestamp, Verdict};
use crate::journal::{Head, SignedHead, SignedReceipt, SignedStatement};
use crate::store::{Batch, Delivery};

/// The protocol versions that this program speaks, lowest and highest.
pub const VERSIONS: (u32, u32) = (1, 1);
/// Credit: unacknowledged bytes that a node may have on the way to the hub.
pub const CREDIT_BYTES: usize = 4 * 1024 * 1024;
/// Unacknowledged bytes that the hub has on the way to a node, at most (beyond it one delivery may start).
pub const WINDOW_BYTES: usize = 4 * 1024 * 1024;
/// Unacknowledged batches, or deliveries, under way at once, at most.
pub const UNDER_WAY_MAX: usize = 64;
/// Bytes of headers and parts in one delivery message, at most, if it has more than one event.
pub const DELIVERY_BYTES: usize = 256 * 1024;
/// Verdicts in one message, at most.
pub const VERDICTS_MAX: usize = 2000;
/// Longest message on the wire, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 2 * 1024 * 1024;

/// From node to hub.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Up {
    /// The first word of a session.
    Hello(Hello),
    /// A sealed batch of the node's journal.
    Batch(UpBatch),
    /// Everything delivered up to here is stored.
    Delivered {
        /// Generation of the outbox.
        generation: u32,
        /// Number in it.
        number: u64,
    },
    /// What the node says of keys; the hub records it in the registry if it holds. Before Hello or in a session that is open.
    Statement(SignedStatement),
    /// Why the node ends the session.
    Fault(Fault),
}

/// From hub to node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Down {
    /// The answer to Hello.
    Welcome(Welcome),
    /// Everything of the node's journal up to the receipt's position is stored.
    Ack(Ack),
    /// Events of others for this node.
    Deliver(Deliver),
    /// A batch of the node's own journal, for recovery, with what was said of each event.
    Restored {
        /// The batch.
        batch: Batch,
        /// A verdict an event.
        verdicts: Vec<Verdict>,
    },
    /// The end of recovery: the new life's number and what its first seal names as previous.
    Recovered {
        /// The new life.
        incarnation: u32,
        /// The seal that it continues from.
        previous: Head,
    },
    /// How far the hub is.
    Progress(Progress),
    /// Where the hub's registry ends: when a session begins, when the registry has grown, and every hour.
    Head(SignedHead),
    /// The hub goes away; come back no sooner than said.
    Drain {
        /// Seconds to wait.
        after_seconds: u32,
    },
    /// Why the hub ends the session.
    Fault(Fault),
}

/// Where a node stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// Lowest and highest protocol version that the node speaks.
    pub versions: (u32, u32),
    /// The federation that it believes to be in.
    pub federation: FederationId,
    /// The end of its journal, all sealed, and its head.
    pub head: Head,
    /// Generation and number of the last event that it received.
    pub inbound: (u32, u64),
    /// The newest position of the hub's journal that it knows, and the seal that ends there.
    pub hub: Head,
    /// Up to where it knows verdicts on its own events.
    pub judged: Position,
    /// Whether it asks to recover.
    pub recover: bool,
    /// Its clock.
    pub clock: Timestamp,
    /// Its program's version, for the operator's eyes.
    pub program: String,
}

/// A node's sealed batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UpBatch {
    /// Seal and events.
    pub batch: Batch,
    /// For each complaint on which the batch proposes a move: the last position that the writer has written on it so far.
    pub announced: Vec<(ComplaintId, Position)>,
}

/// The hub's answer to Hello.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Welcome {
    /// The protocol version to speak.
    pub version: u32,
    /// The session's number.
    pub session: u64,
    /// What the hub holds of the node's journal.
    pub stored: Head,
    /// Unacknowledged bytes that the node may have under way.
    pub credit: usize,
    /// Generation of the outbox, and the number after which deliveries begin.
    pub outbox: (u32, u64),
    /// The hub's clock.
    pub clock: Timestamp,
    /// Whether the hub will stream the node's journal back.
    pub recovering: bool,
}

/// A cumulative acknowledgement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ack {
    /// Up to where everything is stored, signed by the hub.
    pub receipt: SignedReceipt,
    /// Verdicts that the node does not know yet, in journal order.
    pub verdicts: Vec<(Position, EventHash, Verdict)>,
}

/// Events for a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deliver {
    /// Generation of the outbox.
    pub generation: u32,
    /// The events, numbered without gap.
    pub events: Vec<Delivery>,
}

/// How far the hub is with a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The hub's clock.
    pub clock: Timestamp,
    /// How many events wait in the node's outbox.
    pub waiting: u64,
}

/// Why a session ends: a stable name, for both operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, thiserror::Error)]
pub enum Fault {
    /// The journals contradict each other, or the node is behind what the hub holds.
    #[error(
        "fork: this node's journal does not continue what the hub holds of it (a restored backup?); run `lintas-node recover`"
    )]
    Fork,
    /// The hub is behind what the node has seen of it.
    #[error(
        "hub-behind: the hub is behind what this node has seen of it (a restored backup?); the hub must be recovered"
    )]
    HubBehind,
    /// A seal, path, chain or number does not fit.
    #[error("broken-seal: a seal, path or chain does not verify; nothing of the batch was stored")]
    BrokenSeal,
    /// A message out of turn, above a limit, or unreadable.
    #[error("protocol: a message came out of turn, above a limit, or could not be read")]
    Protocol,
    /// No common protocol version.
    #[error("version: hub and node share no protocol version; upgrade the hub first, then the node")]
    Version,
    /// Another federation.
    #[error("federation: hub and node belong to different federations")]
    Federation,
    /// The node is not in the registry, or was revoked.
    #[error("not-enrolled: the hub's registry does not know this node, or it was revoked; ask the hub's operator")]
    NotEnrolled,
    /// The hub's operator has suspended the node.
    #[error("suspended: the hub's operator has suspended this node; ask why, the desk goes on alone meanwhile")]
    Suspended,
    /// The hub's registry contradicts itself, or what others have seen of it.
    #[error(
        "registry: the hub's registry contradicts signatures or what was seen of it before; nothing of it was taken, see `status`"
    )]
    Registry,
    /// A newer session of the same node took over.
    #[error("superseded: a newer session of the same node took over")]
    Superseded,
    /// Storage failed.
    #[error("storage: the other side cannot store now; it will be tried again")]
    Storage,
    /// The clocks are too far apart.
    #[error("clock: the clocks of hub and node are more than ten minutes apart; set the clock")]
    Clock,
}

impl Fault {
    /// Every fault.
    pub const ALL: &[Self] = &[
        Self::Fork,
        Self::HubBehind,
        Self::BrokenSeal,
        Self::Protocol,
        Self::Version,
        Self::Federation,
        Self::NotEnrolled,
        Self::Suspended,
        Self::Registry,
        Self::Superseded,
        Self::Storage,
        Self::Clock,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::HubBehind => "hub-behind",
            Self::BrokenSeal => "broken-seal",
            Self::Protocol => "protocol",
            Self::Version => "version",
            Self::Federation => "federation",
            Self::NotEnrolled => "not-enrolled",
            Self::Suspended => "suspended",
            Self::Registry => "registry",
            Self::Superseded => "superseded",
            Self::Storage => "storage",
            Self::Clock => "clock",
        }
    }

    /// The fault of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }

    /// Whether it stays until somebody does something; such a fault is shown in `status` and tried again rarely.
    #[must_use]
    pub const fn is_lasting(self) -> bool {
        !matches!(self, Self::Superseded | Self::Storage)
    }
}
