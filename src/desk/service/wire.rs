//! Between the desk's wire types and its values, in both directions: the one place. It decides nothing.

use std::collections::{BTreeSet, HashMap};

use super::places::area;
use crate::desk::import::{Item, Taken};
use crate::desk::story::Linked;
use crate::desk::{
    Action, ComplaintName, DeskError, EventName, KnownNode, NewComplaint, Original, Reporter, Standing, Status,
    TakeBack, Written,
};
use crate::domain::event::Category;
use crate::domain::{Change, Channel, Class, DisplayState, NodeId, Position, Reason, Registry, UnitCode, Visibility};
use crate::journal::{Body, OpenError, Part};
use crate::protocol::desk::v1 as wire;
use crate::protocol::desk::v1::act_request::Action as Asked;
use crate::store::{FiledEvent, ListFilter, Refusals, Summary};
use crate::words::{Language, categories};

/// Complaints in a list unless more or fewer are asked for.
const LIST_DEFAULT: usize = 100;
/// Most complaints in a list.
const LIST_MAX: usize = 1000;

/// An action as it was asked for.
pub(super) struct Asking {
    pub(super) complaint: ComplaintName,
    pub(super) unit: Option<UnitCode>,
    pub(super) action: Action,
    pub(super) text: String,
}

macro_rules! word {
    ($list:ident, $what:literal, $given:expr) => {
        $list::from_name(&$given).ok_or_else(|| DeskError::Word {
            what: $what,
            given: $given.clone(),
            allowed: $list::ALL.iter().map(|word| word.name()).collect::<Vec<_>>().join(", "),
        })
    };
}

pub(super) fn optional_unit(text: &str) -> Result<Option<UnitCode>, DeskError> {
    if text.is_empty() { Ok(None) } else { Ok(Some(UnitCode::parse(text)?)) }
}

fn node(text: &str) -> Result<Option<NodeId>, DeskError> {
    if text.is_empty() { Ok(None) } else { Ok(Some(NodeId::parse(text)?)) }
}

/// A complaint to file; names of places are those of `own` first.
pub(super) fn new_complaint(request: wire::FileRequest, own: &UnitCode) -> Result<NewComplaint, DeskError> {
    let reporter =
        request.reporter.map(|r| Reporter { name: r.name, phone: r.phone, address: r.address, email: r.email });
    let category = category(&request.category)?;
    Ok(NewComplaint {
        unit: optional_unit(&request.unit)?,
        // What is not said follows from what it is about.
        class: match categories().leaf(&category) {
            Some(leaf) if request.class.is_empty() => leaf.class,
            Some(_) | None => word!(Class, "class", request.class)?,
        },
        channel: word!(Channel, "channel", request.channel)?,
        visibility: word!(Visibility, "visibility", request.visibility)?,
        category,
        on_behalf: request.on_behalf,
        about: optional_unit(&request.about)?,
        area: area(&request.area, own)?,
        narrative: request.narrative,
        reporter: reporter.filter(|reporter| !reporter.is_empty()),
    })
}

/// A category that complaints can be filed under, or those that are spelt most like it.
pub(super) fn category(text: &str) -> Result<Category, DeskError> {
    let known = Category::parse(text).filter(|code| categories().is_leaf(code));
    known.ok_or_else(|| {
        let near = categories().nearest(text, 3);
        let near: Vec<&str> = near.iter().map(|entry| entry.code.as_str()).collect();
        DeskError::Word { what: "category", given: text.to_owned(), allowed: format!("{}, …", near.join(", ")) }
    })
}

/// Complaints to take over.
pub(super) fn items(request: wire::ImportRequest, own: &UnitCode) -> Result<(Vec<Item>, Language), DeskError> {
    let language = request.language.parse().unwrap_or_default();
    Ok((request.items.into_iter().map(|one| item(one, own)).collect::<Result<_, _>>()?, language))
}

fn item(item: wire::ImportItem, own: &UnitCode) -> Result<Item, DeskError> {
    let wire::Original { source, id, filed, state, answered, more } = item.original.unwrap_or_default();
    let more = more.into_iter().collect();
    let original = Original { source, id, filed, state, answered, more };
    if !Original::is_source(&original.source) || original.id.trim().is_empty() {
        return Err(DeskError::NoSource);
    }
    Ok(Item {
        filing: new_complaint(item.filing.unwrap_or_default(), own)?,
        original,
        state: state_of(item.state)?,
        follow_up: item.follow_up,
        response: item.response,
    })
}

/// What was taken over.
pub(super) fn imported(taken: &[Taken]) -> wire::ImportReply {
    let one = |taken: &Taken| wire::Imported {
        complaint: taken.complaint.to_string(),
        tracking: taken.tracking.to_string(),
        outcome: taken.outcome.name().to_owned(),
        state: taken.state.name().to_owned(),
    };
    wire::ImportReply { imported: taken.iter().map(one).collect() }
}

/// An action on a complaint.
pub(super) fn asking(request: wire::ActRequest) -> Result<Asking, DeskError> {
    let asked = request.action.ok_or(DeskError::NoAction)?;
    Ok(Asking {
        complaint: ComplaintName::parse(&request.complaint)?,
        unit: optional_unit(&request.unit)?,
        action: action(asked)?,
        text: request.text,
    })
}

fn action(asked: Asked) -> Result<Action, DeskError> {
    Ok(match asked {
        Asked::Verify(_) => Action::Verify,
        Asked::Dispose(to) => {
            Action::Dispose { unit: UnitCode::parse(&to.unit)?, reason: word!(Reason, "reason", to.reason)? }
        }
        Asked::Accept(_) => Action::Accept,
        Asked::Defer(why) => Action::Defer { reason: word!(Reason, "reason", why.reason)? },
        Asked::Archive(why) => Action::Archive { reason: word!(Reason, "reason", why.reason)? },
        Asked::FollowUp(_) => Action::FollowUp,
        Asked::Respond(_) => Action::Respond,
        Asked::Close(_) => Action::Close,
        Asked::Reopen(_) => Action::Reopen,
        Asked::Transfer(to) => {
            Action::Transfer { to: UnitCode::parse(&to.unit)?, reason: word!(Reason, "reason", to.reason)? }
        }
        Asked::Return(why) => Action::Return { reason: word!(Reason, "reason", why.reason)? },
        Asked::TakeBack(_) => Action::TakeBack,
        Asked::Adopt(what) if what.event.is_empty() => Action::Adopt { event: None },
        Asked::Adopt(what) => Action::Adopt { event: Some(EventName::parse(&what.event)?) },
        Asked::Recategorise(to) => {
            let category = category(&to.category)?;
            // What is not said follows from what it is about.
            let class = match categories().leaf(&category) {
                Some(leaf) if to.class.is_empty() => leaf.class,
                Some(_) | None => word!(Class, "class", to.class)?,
            };
            Action::Recategorise { category, class }
        }
        Asked::Relate(to) => Action::Relate { to: ComplaintName::parse(&to.complaint)? },
        Asked::Double(of) => Action::Double { of: ComplaintName::parse(&of.complaint)? },
        Asked::Unlink(from) => Action::Unlink { from: ComplaintName::parse(&from.complaint)? },
        Asked::Reply(_) => Action::Reply,
        Asked::Complete(_) => Action::Complete,
        Asked::Confirm(_) => Action::Confirm,
        Asked::Rate(rating) => Action::Rate { stars: u8::try_from(rating.stars).map_err(|_| DeskError::Stars)? },
        Asked::Appeal(_) => Action::Appeal,
        Asked::Withdraw(_) => Action::Withdraw,
        Asked::Redact(what) => Action::Redact { event: EventName::parse(&what.event)? },
    })
}

/// A filter for lists; its limit is the number asked for, within bounds.
pub(super) fn filter(request: wire::ListRequest) -> Result<ListFilter, DeskError> {
    let limit = usize::try_from(request.limit).unwrap_or(LIST_MAX);
    Ok(ListFilter {
        unit: optional_unit(&request.unit)?,
        states: request.states.into_iter().map(state_of).collect::<Result<_, _>>()?,
        node: node(&request.node)?,
        origin: node(&request.origin)?,
        late: request.late,
        imported: request.imported,
        linked: None,
        limit: if limit == 0 { LIST_DEFAULT } else { limit.min(LIST_MAX) },
    })
}

fn state_of(given: String) -> Result<DisplayState, DeskError> {
    let found = DisplayState::ALL.iter().copied().find(|state| state.name() == given);
    found.ok_or_else(|| DeskError::Word {
        what: "state",
        given,
        allowed: DisplayState::ALL.iter().map(|state| state.name()).collect::<Vec<_>>().join(", "),
    })
}

/// A place in a journal.
pub(super) const fn position(position: Position) -> wire::Position {
    wire::Position { incarnation: position.incarnation, seq: position.seq }
}

/// What was filed.
pub(super) fn filed(written: &Written) -> wire::FileReply {
    wire::FileReply {
        complaint: written.complaint.to_string(),
        tracking: written.tracking.to_string(),
        event: written.event.to_string(),
        position: Some(position(written.position)),
        unit: written.unit.to_string(),
    }
}

/// What was done.
pub(super) fn done(written: &Written) -> wire::ActReply {
    let take_back = match written.take_back {
        None => wire::TakeBackOutcome::Unspecified,
        Some(TakeBack::Certain) => wire::TakeBackOutcome::Certain,
        Some(TakeBack::Asked) => wire::TakeBackOutcome::Asked,
    };
    wire::ActReply {
        complaint: written.complaint.to_string(),
        tracking: written.tracking.to_string(),
        event: written.event.to_string(),
        position: Some(position(written.position)),
        change: written.change.to_owned(),
        unit: written.unit.to_string(),
        standing: Some(standing(&written.standing)),
        take_back: take_back.into(),
        addressed: None,
    }
}

/// Where a complaint stands.
pub(super) fn standing(standing: &Standing) -> wire::Standing {
    wire::Standing {
        holder: standing.holder.to_string(),
        node: standing.node.to_string(),
        state: standing.state.name().to_owned(),
        pending: standing.pending,
        options: standing.options.iter().map(|name| name.name().to_owned()).collect(),
    }
}

/// Why not.
pub(super) fn fault(error: &DeskError) -> wire::Fault {
    wire::Fault {
        code: error.code().to_owned(),
        message: error.to_string(),
        facts: error.facts().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        standing: error.standing().map(standing),
    }
}

/// A complaint in a list.
pub(super) fn summary(summary: Summary) -> wire::Summary {
    wire::Summary {
        id: summary.id.to_string(),
        tracking: summary.tracking.to_string(),
        origin: summary.origin.to_string(),
        class: summary.class.name().to_owned(),
        category: summary.category,
        visibility: summary.visibility.name().to_owned(),
        unit: summary.unit.to_string(),
        node: summary.node.to_string(),
        state: summary.state.name().to_owned(),
        epoch: summary.epoch,
        pending: summary.pending.is_some(),
        proposal: summary.pending.map(|event| event.to_string()).unwrap_or_default(),
        held: summary.held,
        late: summary.late,
        filed_at_micros: summary.filed_at.0,
        updated_at_micros: summary.updated_at.0,
        participants: summary.participants.iter().map(ToString::to_string).collect(),
        imported: summary.imported,
        due_at_micros: summary.due.map(|due| due.0),
        due_for: summary.due_for.map_or_else(String::new, |moment| moment.name().to_owned()),
        overdue: summary.overdue,
        withdrew: summary.withdrew,
        links: summary.links.iter().map(ToString::to_string).collect(),
    }
}

/// Another complaint, as far as it is known.
pub(super) fn linked(linked: Linked) -> wire::Linked {
    wire::Linked { id: linked.id.to_string(), how: linked.how.name().to_owned(), known: linked.known.map(summary) }
}

/// An event as stored. Its header bytes are made anew from the header, which has one form only.
pub(super) fn event(filed: &FiledEvent) -> wire::FiledEvent {
    let (verdict, reason) = filed.verdict.codes();
    let part = |part: &Part| {
        let (salt, content, state) = match &part.body {
            Body::Plain { salt, content } => (salt.to_vec(), content.clone(), 0),
            Body::Sealed(_) | Body::Locked(_) => (Vec::new(), Vec::new(), 1),
            Body::Faulty(OpenError::Key) => (Vec::new(), Vec::new(), 2),
            Body::Faulty(OpenError::Mismatch) => (Vec::new(), Vec::new(), 3),
        };
        wire::Part { index: part.index.into(), kind: part.kind.code().into(), salt, content, state }
    };
    wire::FiledEvent {
        header: crate::journal::header::encode(&filed.event.header),
        parts: filed.parts.iter().map(part).collect(),
        verdict: verdict.into(),
        reason: reason.into(),
    }
}

/// About how many bytes an event takes on the wire.
pub(super) fn size(filed: &FiledEvent) -> usize {
    let parts = filed.parts.iter().map(|part| part.len().saturating_add(64));
    parts.fold(crate::domain::event::HEADER_BYTES_MAX, usize::saturating_add)
}

/// How a node stands.
pub(super) fn status(status: Status) -> wire::StatusReply {
    let refusal = |refusal: Refusals| wire::Refusal {
        position: Some(position(refusal.position)),
        complaint: refusal.complaint.map(|id| id.to_string()).unwrap_or_default(),
        change: refusal.change,
        verdict: refusal.verdict.name().to_owned(),
        reason: refusal.verdict.reason().unwrap_or_default().to_owned(),
    };
    wire::StatusReply {
        federation: status.federation.to_string(),
        node: status.node.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        link: Some(wire::Link {
            state: status.link.state.name().to_owned(),
            since_micros: status.link.since.map(|since| since.0),
            lag_seconds: status.link.lag_seconds,
            contact_micros: status.contact.map(|contact| contact.0),
            fault: status.link.fault.unwrap_or_default(),
        }),
        outbox: Some(wire::Outbox {
            unsealed: status.counts.unsealed,
            unacknowledged: status.unacknowledged,
            provisional: status.counts.provisional,
            written: Some(position(status.own.written)),
            sealed: Some(position(status.own.sealed.position)),
        }),
        receipt: status.receipt.map(|receipt| wire::Receipt {
            last: Some(position(receipt.position)),
            hub: Some(position(receipt.hub)),
            hub_time_micros: receipt.time.0,
        }),
        counts: Some(wire::Counts { complaints: status.counts.complaints, events: status.counts.events }),
        refusals: status.refusals.into_iter().map(refusal).collect(),
        registry: Some(position(status.registry)),
        now_micros: status.now.0,
        hub_registry: status
            .hub_registry
            .map(|(at, time)| wire::RegistryWord { position: Some(position(at)), time_micros: time.0 }),
        doubts: status.doubts,
        due_soon: status.owed.soon,
        overdue: status.owed.overdue,
        notices_waiting: status.counts.notices_waiting,
        notices_dead: status.counts.notices_dead,
    }
}

/// Public names of the units that a file speaks of, and of those that hold what it has to do with, as far as they are known.
pub(super) fn names(file: &[FiledEvent], linked: &[Linked], registry: &Registry) -> HashMap<String, String> {
    let known = linked.iter().filter_map(|linked| linked.known.as_ref());
    let mut units: BTreeSet<&UnitCode> = known.map(|known| &known.unit).collect();
    for header in file.iter().map(|filed| &filed.event.header) {
        units.extend(header.unit.as_ref().into_iter().chain(header.node.unit()));
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others name no unit")]
        match &header.change {
            Change::Filed(filing) => units.extend(filing.about.as_ref()),
            Change::Disposed { unit, .. } | Change::Transfer { to: unit, .. } => {
                units.insert(unit);
            }
            Change::Joined { node, .. } => units.extend(node.unit()),
            Change::Moved(moved) => units.extend([Some(&moved.unit), moved.node.unit()].into_iter().flatten()),
            _ => {}
        }
    }
    let named = units.into_iter().filter_map(|code| Some((code, &registry.unit(code)?.listing.name)));
    named.map(|(code, name)| (code.to_string(), name.as_str().to_owned())).collect()
}

/// A node as people see it who compare keys.
pub(super) fn known_node(node: KnownNode) -> wire::Node {
    wire::Node {
        code: node.node.to_string(),
        name: node.name,
        revoked: node.revoked,
        suspended: node.suspended,
        confirmed: node.confirmed,
        key_code: node.key_code,
        endorser: node.endorser.map(|node| node.to_string()).unwrap_or_default(),
    }
}
