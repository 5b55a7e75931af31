//! Why the desk says no: a stable code, an English line that says what to do, and the facts that texts in other languages
//! are made of. It never holds personal data.

use thiserror::Error;

use super::action::ActionName;
use super::name::NotAName;
use super::options::Standing;
use super::units::{Lead, nearest_units};
use crate::accounts::AccountError;
use crate::domain::{AccountRole, ComplaintId, MoveRefusal, NodeId, PartKind, Refusal, Registry, UnitCode};
use crate::store::StoreError;
use crate::words::Language;

/// Why an action was not done. Nothing was stored.
#[derive(Debug, Error)]
pub enum DeskError {
    /// No complaint of that name is stored here.
    #[error("no complaint of that name is on this node; check the number, or ask where it was filed")]
    UnknownComplaint,
    /// Neither a tracking number nor an id.
    #[error(transparent)]
    NotAName(#[from] NotAName),
    /// A part of an id that fits several complaints.
    #[error("that part of an id fits several complaints; give more digits")]
    Ambiguous,
    /// Another node holds it.
    #[error("{node} holds this complaint, not this node: {0}", node = .0.node)]
    NotHolder(Box<Standing>),
    /// Another node filed it, and speaks for its reporter.
    #[error("only the node that filed this complaint, {origin}, speaks for its reporter: {standing}")]
    NotOrigin {
        /// Who filed it.
        origin: NodeId,
        /// Where it stands.
        standing: Box<Standing>,
    },
    /// The precondition does not hold.
    #[error("{action} cannot be done now, {}: {standing}", says(*refusal))]
    Refused {
        /// What was asked for.
        action: ActionName,
        /// Why not.
        refusal: Refusal,
        /// Where it stands.
        standing: Box<Standing>,
    },
    /// An event of it is held, or of a change that this version does not know.
    #[error(
        "this complaint has an event that this version does not know, so it is read-only here until the upgrade: {0}"
    )]
    ReadOnly(Box<Standing>),
    /// Part of its history is still on the way.
    #[error(
        "{missing} events of this complaint are still on their way here; try again when the link has caught up: {standing}"
    )]
    Incomplete {
        /// How many chains are broken.
        missing: usize,
        /// Where it stands.
        standing: Box<Standing>,
    },
    /// The node was never told by the hub which units it has.
    #[error("this node does not know its units yet; let it connect to the hub once, after the hub has enrolled it")]
    NoRegistry,
    /// The hub revoked this node.
    #[error("the hub has revoked this node, so nothing written here would count; ask the hub's operator")]
    Revoked,
    /// The acting unit is not at home here.
    #[error("{unit} cannot act at this node: it is {}", home_text(.home.as_ref()))]
    UnitNotHere {
        /// Which unit.
        unit: UnitCode,
        /// Where it is at home, if anywhere.
        home: Option<NodeId>,
    },
    /// A disposition to a unit of another node, or to none.
    #[error("a disposition stays within this node, and {unit} is {}; transfer it instead", home_text(.home.as_ref()))]
    TargetNotHere {
        /// Which unit.
        unit: UnitCode,
        /// Where it is at home, if anywhere.
        home: Option<NodeId>,
    },
    /// A transfer to a unit that the registry does not list.
    #[error("there is no unit {given:?}; near it: {near}")]
    UnknownUnit {
        /// What was given: a code, or what was taken for one.
        given: String,
        /// The nearest that there are.
        near: String,
    },
    /// A unit that was closed, or whose node was revoked.
    #[error("{unit} takes no complaints now: {}; instead: {lead}", closed_text(.into.as_ref()))]
    ClosedUnit {
        /// Which unit.
        unit: UnitCode,
        /// The unit that has taken over what it did.
        into: Option<UnitCode>,
        /// Whom to ask instead.
        lead: Lead,
    },
    /// To the unit that holds it.
    #[error("{action} cannot be done now, the unit holds the complaint already: {standing}; instead: {lead}")]
    ToSelf {
        /// What was asked for.
        action: ActionName,
        /// Where it stands.
        standing: Box<Standing>,
        /// Whom to ask instead.
        lead: Lead,
    },
    /// A unit that was declared here and that nobody else knows yet.
    #[error("{0} was declared here and waits for the hub to publish it; let the node connect, then say it again")]
    UnitWaits(UnitCode),
    /// Something about a unit of another node.
    #[error("{unit} is not this node's to declare: its home is {}; ask there", .home.as_ref().map_or("none".to_owned(), NodeId::to_string))]
    UnitElsewhere {
        /// Which unit.
        unit: UnitCode,
        /// Where it is at home, if anywhere.
        home: Option<NodeId>,
    },
    /// A unit that is there already.
    #[error("{0} is there already; change it with `units rename`, or import a file that names it")]
    UnitExists(UnitCode),
    /// What is wrong with a unit as it was described.
    #[error("{field}: {what}")]
    UnitField {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// The unit of the node itself.
    #[error(
        "{0} is what this node is enrolled for, so it cannot be closed or merged here; the hub's operator revokes the node"
    )]
    OwnUnit(UnitCode),
    /// A transfer to whomever the router proposes, who proposes nobody.
    #[error("the router knows nobody of another body to ask; name a unit with --to, see `units`")]
    NobodyElse,
    /// A merger of a unit with itself.
    #[error("{0} cannot be merged into itself; name the unit that takes over")]
    MergeSelf(UnitCode),
    /// A unit to be closed, or merged, that still holds complaints.
    #[error(
        "{unit} holds {count} open complaints that cannot be handed over now; answer, close or pass them on first, see `list --unit {unit}`, or merge it into another unit"
    )]
    UnitHolds {
        /// Which unit.
        unit: UnitCode,
        /// How many.
        count: usize,
    },
    /// More declarations wait for the hub than there may.
    #[error("{count} declarations of units wait for the hub already, the most is {max}: let the node connect first")]
    ManyDeclared {
        /// How many there would be.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A transfer to a unit whose node may not be given complaints now.
    #[error("{unit} cannot be given complaints now: {why}; see `nodes`")]
    CannotReceive {
        /// Which unit.
        unit: UnitCode,
        /// What stands against it.
        why: MoveRefusal,
    },
    /// No such node.
    #[error("no node {0} is enrolled; see `nodes`")]
    UnknownNode(UnitCode),
    /// Another node endorses that one's keys.
    #[error("the keys of {node} are not this node's to endorse; {}", endorser_text(.by.as_ref()))]
    NotEndorser {
        /// Whose keys.
        node: UnitCode,
        /// Who endorses them.
        by: Option<NodeId>,
    },
    /// The code that was read out is not that of the registry's keys.
    #[error(
        "that is not the code of the keys which the hub gives for {0}: endorse nothing, have it read out again from the node itself, and if it stays so tell the national desk"
    )]
    KeyCode(UnitCode),
    /// No link runs.
    #[error("no link to the hub runs in this node: start the node with a hub, then say it again")]
    NoLink,
    /// A transfer to the body complained of.
    #[error("the complaint is about {unit} or a unit above it, so {unit} cannot be given it; instead: {lead}")]
    Accused {
        /// Which unit.
        unit: UnitCode,
        /// Whom to ask instead.
        lead: Lead,
    },
    /// A word that is not in its list.
    #[error("{what} {given:?} is not known; it is one of: {allowed}")]
    Word {
        /// Which field.
        what: &'static str,
        /// What was given: a word of the command line, not content.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// A unit code that cannot be read.
    #[error(transparent)]
    UnitCode(#[from] crate::domain::unit::UnitCodeError),
    /// An identity beside an anonymous complaint.
    #[error("an anonymous complaint keeps no identity at all: file it without one, or choose another visibility")]
    AnonymousIdentity,
    /// Nothing was told.
    #[error("{0} needs a text: give it with --text, or with --file (- for standard input)")]
    TextNeeded(ActionName),
    /// A text above the limit.
    #[error("the {kind} has {bytes} bytes, the most is {max}: shorten it, nothing was stored")]
    TooLong {
        /// Which part.
        kind: PartKind,
        /// How long it is, in bytes.
        bytes: usize,
        /// How long it may be, in bytes.
        max: usize,
    },
    /// All texts together above the limit.
    #[error("the texts have {bytes} bytes together, the most is {max}: shorten them, nothing was stored")]
    TooMuch {
        /// How long they are together, in bytes.
        bytes: usize,
        /// How long they may be, in bytes.
        max: usize,
    },
    /// A complaint to take over that does not say where it comes from.
    #[error(
        "a complaint to take over needs its system's name (1 to 40 lower-case letters, digits, dots, hyphens) and its number there"
    )]
    NoSource,
    /// More complaints at once than are taken over in one transaction.
    #[error("{count} complaints at once are too many, the most is {max}: send fewer, nothing was stored")]
    TooMany {
        /// How many there are.
        count: usize,
        /// How many there may be.
        max: usize,
    },
    /// A header above the limit.
    #[error("the event's header would have {0} bytes, more than its limit; nothing was stored")]
    HeaderTooLong(usize),
    /// Stars out of range.
    #[error("a rating is 1 to 5 stars")]
    Stars,
    /// No event of that name, or of that beginning, in the complaint.
    #[error("the complaint has no such event; `show` lists them with their names")]
    UnknownEvent,
    /// No notice of that name was given up.
    #[error("no notice of that name was given up; `notices --dead` lists them")]
    UnknownNotice,
    /// A letter is wanted, and there is no answer.
    #[error("the complaint was not answered yet; `show` tells where it stands")]
    NotAnswered,
    /// A letter is wanted, and its text is not here.
    #[error("the answer cannot be read here: it was erased, or is not sealed to this node")]
    AnswerUnreadable,
    /// A reporter's e-mail address that is none.
    #[error("that is no e-mail address; one looks like name@example.org, and may be left out")]
    NotAMailbox,
    /// Several events fit.
    #[error("several events fit; name one by its hash, as `show` lists them")]
    SeveralEvents,
    /// Content that is gone already, or never was.
    #[error("that event has no content to destroy")]
    NothingToRedact,
    /// An author may destroy its own content; anybody's, only the origin may.
    #[error("only its author, or {origin} where the complaint was filed, may destroy that content")]
    NotAuthor {
        /// Who filed it.
        origin: NodeId,
    },
    /// A double of a complaint that is known here to be a double itself.
    #[error("that complaint is a double itself; name the one that it is a double of: {of}")]
    DoubleOfDouble {
        /// Of which it is one.
        of: ComplaintId,
    },
    /// The request says nothing.
    #[error("the request names no action; use a command line of the same version as the node")]
    NoAction,
    /// The role of the account does not allow it.
    #[error("{action} is not for an account of the role {role}; ask somebody whose work it is")]
    NotForRole {
        /// What was asked for.
        action: ActionName,
        /// The account's role.
        role: AccountRole,
    },
    /// It is not for the account's unit.
    #[error(
        "this account is for {unit} and what lies below it, and this is not among that; ask that unit, or one above both"
    )]
    OutsideUnit {
        /// The account's unit.
        unit: UnitCode,
    },
    /// Statistics in too many rows.
    #[error("that makes {rows} rows, and {max} are the most; narrow it, or break it down by less")]
    TooManyRows {
        /// How many.
        rows: usize,
        /// How many there may be.
        max: usize,
    },
    /// Something with an account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What comes after the name of a fact that is told in Indonesian: whoever speaks it takes that fact for the one without it.
pub const INDONESIAN_FACT: &str = ".id";

impl DeskError {
    /// There is no such unit, but there are others.
    #[must_use]
    pub fn unknown_unit(given: &str, registry: &Registry) -> Self {
        let given: String = given.chars().take(80).collect();
        let near = nearest_units(&given, registry);
        Self::UnknownUnit { given, near: if near.is_empty() { "-".to_owned() } else { near.join("; ") } }
    }

    /// The stable code: `desk.` and a word. It keeps its meaning for ever.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownComplaint => "desk.unknown-complaint",
            Self::NotAName(_) => "desk.not-a-name",
            Self::Ambiguous => "desk.ambiguous",
            Self::NotHolder(_) => "desk.not-holder",
            Self::NotOrigin { .. } => "desk.not-origin",
            Self::Refused { refusal, .. } => refusal_code(*refusal),
            Self::ReadOnly(_) => "desk.read-only",
            Self::Incomplete { .. } => "desk.incomplete",
            Self::NoRegistry => "desk.no-registry",
            Self::Revoked => "desk.revoked",
            Self::UnitNotHere { .. } => "desk.unit-not-here",
            Self::TargetNotHere { .. } => "desk.target-not-here",
            Self::UnknownUnit { .. } => "desk.unknown-unit",
            Self::ClosedUnit { .. } => "desk.closed-unit",
            Self::ToSelf { .. } => refusal_code(Refusal::ToSelf),
            Self::UnitWaits(_) => "desk.unit-waits",
            Self::UnitElsewhere { .. } => "desk.unit-elsewhere",
            Self::UnitExists(_) => "desk.unit-exists",
            Self::UnitField { .. } => "desk.unit-field",
            Self::OwnUnit(_) => "desk.own-unit",
            Self::NobodyElse => "desk.nobody-else",
            Self::MergeSelf(_) => "desk.merge-self",
            Self::UnitHolds { .. } => "desk.unit-holds",
            Self::ManyDeclared { .. } => "desk.many-declared",
            Self::CannotReceive { .. } => "desk.cannot-receive",
            Self::UnknownNode(_) => "desk.unknown-node",
            Self::NotEndorser { .. } => "desk.not-endorser",
            Self::KeyCode(_) => "desk.key-code",
            Self::NoLink => "desk.no-link",
            Self::Accused { .. } => "desk.accused",
            Self::Word { .. } => "desk.unknown-word",
            Self::UnitCode(_) => "desk.unit-code",
            Self::AnonymousIdentity => "desk.anonymous-identity",
            Self::TextNeeded(_) => "desk.text-needed",
            Self::TooLong { .. } => "desk.too-long",
            Self::TooMuch { .. } => "desk.too-much",
            Self::NoSource => "desk.no-source",
            Self::TooMany { .. } => "desk.too-many",
            Self::HeaderTooLong(_) => "desk.header-too-long",
            Self::Stars => "desk.stars",
            Self::UnknownEvent => "desk.unknown-event",
            Self::NotAnswered => "desk.not-answered",
            Self::AnswerUnreadable => "desk.answer-unreadable",
            Self::NotAMailbox => "desk.not-a-mailbox",
            Self::UnknownNotice => "desk.unknown-notice",
            Self::SeveralEvents => "desk.several-events",
            Self::NothingToRedact => "desk.nothing-to-redact",
            Self::NotAuthor { .. } => "desk.not-author",
            Self::DoubleOfDouble { .. } => "desk.double-of-double",
            Self::NoAction => "desk.no-action",
            Self::NotForRole { .. } => "desk.not-for-role",
            Self::OutsideUnit { .. } => "desk.outside-unit",
            Self::TooManyRows { .. } => "desk.too-many-rows",
            Self::Account(error) => error.code(),
            Self::Store(_) => "desk.storage",
        }
    }

    /// Who holds the complaint and what can be done, where the error is about that.
    #[must_use]
    pub fn standing(&self) -> Option<&Standing> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others are about no complaint's standing")]
        match self {
            Self::NotHolder(standing)
            | Self::ReadOnly(standing)
            | Self::NotOrigin { standing, .. }
            | Self::Refused { standing, .. }
            | Self::ToSelf { standing, .. }
            | Self::Incomplete { standing, .. } => Some(standing),
            _ => None,
        }
    }

    /// The facts of the error by name, for texts in other languages.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let none = || "-".to_owned();
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others have no facts beside their standing")]
        match self {
            Self::NotOrigin { origin, .. } | Self::NotAuthor { origin } => vec![("origin", origin.to_string())],
            Self::Refused { action, refusal, .. } => {
                vec![("action", action.to_string()), ("refusal", refusal.to_string())]
            }
            Self::Incomplete { missing, .. } => vec![("missing", missing.to_string())],
            Self::UnitNotHere { unit, home }
            | Self::TargetNotHere { unit, home }
            | Self::UnitElsewhere { unit, home } => {
                let home = home.as_ref().map_or_else(none, ToString::to_string);
                vec![("unit", unit.to_string()), ("home", home)]
            }
            Self::UnknownUnit { given, near } => vec![("given", given.clone()), ("near", near.clone())],
            Self::ClosedUnit { unit, into, lead } => {
                let into = into.as_ref().map_or_else(none, ToString::to_string);
                [vec![("unit", unit.to_string()), ("into", into)], leads(lead)].concat()
            }
            Self::Accused { unit, lead } => [vec![("unit", unit.to_string())], leads(lead)].concat(),
            Self::ToSelf { action, lead, .. } => [vec![("action", action.to_string())], leads(lead)].concat(),
            Self::UnitField { field, what } => vec![("field", (*field).to_owned()), ("what", what.clone())],
            Self::UnitHolds { unit, count } => vec![("unit", unit.to_string()), ("count", count.to_string())],
            Self::UnitWaits(unit)
            | Self::UnitExists(unit)
            | Self::OwnUnit(unit)
            | Self::MergeSelf(unit)
            | Self::UnknownNode(unit)
            | Self::KeyCode(unit)
            | Self::OutsideUnit { unit } => vec![("unit", unit.to_string())],
            Self::CannotReceive { unit, why } => vec![("unit", unit.to_string()), ("why", why.to_string())],
            Self::NotEndorser { node, by } => {
                vec![("unit", node.to_string()), ("by", by.as_ref().map_or_else(none, ToString::to_string))]
            }
            Self::Word { what, given, allowed } => {
                vec![("what", (*what).to_owned()), ("given", given.clone()), ("allowed", allowed.clone())]
            }
            Self::DoubleOfDouble { of } => vec![("of", of.to_string())],
            Self::TextNeeded(action) => vec![("action", action.to_string())],
            Self::TooLong { kind, bytes, max } => {
                vec![("kind", kind.to_string()), ("bytes", bytes.to_string()), ("max", max.to_string())]
            }
            Self::TooMuch { bytes, max } => vec![("bytes", bytes.to_string()), ("max", max.to_string())],
            Self::TooMany { count, max } | Self::ManyDeclared { count, max } => {
                vec![("count", count.to_string()), ("max", max.to_string())]
            }
            Self::HeaderTooLong(bytes) => vec![("bytes", bytes.to_string())],
            Self::NotForRole { action, role } => vec![("action", action.to_string()), ("role", role.to_string())],
            Self::TooManyRows { rows, max } => vec![("rows", rows.to_string()), ("max", max.to_string())],
            Self::Account(error) => error.facts(),
            Self::Store(cause) => vec![("cause", cause.to_string())],
            _ => Vec::new(),
        }
    }
}

/// The stable code of a precondition that does not hold.
#[must_use]
pub const fn refusal_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Pending => "desk.pending",
        Refusal::NotOpen => "desk.not-open",
        Refusal::NotReceived => "desk.not-received",
        Refusal::NotAwaiting => "desk.not-awaiting",
        Refusal::NotClosed => "desk.not-closed",
        Refusal::Assigned => "desk.assigned",
        Refusal::ToSelf => "desk.to-self",
        Refusal::NotReturnable => "desk.not-returnable",
        Refusal::NotPending => "desk.not-pending",
        Refusal::NotLate => "desk.not-late",
        Refusal::NotAdoptable => "desk.not-adoptable",
        Refusal::Exists => "desk.exists",
        Refusal::NotCustodian => "desk.not-custodian",
        Refusal::NotDeferred => "desk.not-deferred",
        Refusal::Ended => "desk.ended",
        Refusal::Itself => "desk.itself",
        Refusal::Appealed => "desk.appealed",
        Refusal::Withdrawn => "desk.withdrawn",
        Refusal::Answered => "desk.answered",
        Refusal::TooOften => "desk.too-often",
        Refusal::NotLinked => "desk.not-linked",
    }
}

const fn says(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Pending => "a transfer or return is under way",
        Refusal::NotOpen => "the complaint is not open for it",
        Refusal::NotReceived => "the complaint is not newly received",
        Refusal::NotAwaiting => "there is no answer that it could follow",
        Refusal::NotClosed => "the complaint is neither closed nor archived",
        Refusal::Assigned => "the arbiter's assignment binds",
        Refusal::ToSelf => "the unit holds the complaint already",
        Refusal::NotReturnable => "the complaint did not come by transfer or return",
        Refusal::NotPending => "no transfer or return is under way",
        Refusal::NotLate => "that event is not late",
        Refusal::NotAdoptable => "a change of that kind cannot be adopted",
        Refusal::Exists => "it exists already",
        Refusal::NotCustodian => "this node is not the custodian",
        Refusal::NotDeferred => "the complaint does not wait for its reporter",
        Refusal::Ended => {
            "the complaint has ended or waits for completion; against its end the reporter can appeal, or file again"
        }
        Refusal::Itself => "a complaint is not linked to itself",
        Refusal::Appealed => "the reporter has appealed already, which can be done once",
        Refusal::Withdrawn => "the reporter has withdrawn the complaint; file again",
        Refusal::Answered => "an answer was given; the reporter can confirm it, or reply",
        Refusal::TooOften => "the reporter has rated as often as may be",
        Refusal::NotLinked => "these complaints are not linked",
    }
}

/// A lead is told in the language of whoever reads it.
fn leads(lead: &Lead) -> Vec<(&'static str, String)> {
    vec![("lead", lead.say(Language::English)), ("lead.id", lead.say(Language::Indonesian))]
}

fn closed_text(into: Option<&UnitCode>) -> String {
    into.map_or_else(
        || "it was closed, or its node was revoked".to_owned(),
        |into| format!("it was merged into {into}"),
    )
}

fn endorser_text(by: Option<&NodeId>) -> String {
    by.map_or_else(|| "no node above it is enrolled".to_owned(), |by| format!("the confirmed node {by} does that"))
}

fn home_text(home: Option<&NodeId>) -> String {
    home.map_or_else(|| "in no list of units".to_owned(), |node| format!("not a listed unit of it, but of node {node}"))
}
