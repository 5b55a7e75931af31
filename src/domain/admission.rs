//! Admission: whether an event's author had the authority to write it. Asked once, at the hub (CUSTODY.md, "Admission");
//! signatures and paths were verified before. The answer is recorded, never computed again.

use super::complaint::Complaint;
use super::event::{Change, Event, FUTURE_SECONDS_MAX, Role};
use super::ids::{ComplaintId, EventHash, NodeId, Position, Timestamp};
use super::registry::Registry;
use super::terms::Inadmissibility;
use super::unit::UnitCode;

/// What the hub knows when it judges an event.
#[derive(Clone, Copy, Debug)]
pub struct Bench<'a> {
    /// The registry now.
    pub registry: &'a Registry,
    /// All events stored of this complaint, the inadmissible ones too.
    pub events: &'a [Event],
    /// Their fold.
    pub complaint: Option<&'a Complaint>,
    /// The highest registry position that this journal has cited so far.
    pub cited: Position,
    /// The hub's clock.
    pub now: Timestamp,
    /// For Filed: the id that derives from its author and nonce.
    pub derived: Option<ComplaintId>,
}

/// What admission says of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// It belongs to the set.
    Admitted,
    /// It waits outside the set: its change, or an earlier one of its author here, is not known.
    Held,
    /// Its author had no authority.
    Inadmissible(Inadmissibility),
}

/// Judges whether `event` belongs to the set. Sizes, parts and proofs are the caller's to check.
#[must_use]
pub fn admit(event: &Event, bench: &Bench<'_>) -> Admission {
    match checked(event, bench) {
        Ok(admission) => admission,
        Err(reason) => Admission::Inadmissible(reason),
    }
}

fn checked(event: &Event, bench: &Bench<'_>) -> Result<Admission, Inadmissibility> {
    let header = &event.header;
    let role = header.change.role();
    if matches!(role, Role::Hub | Role::Registry) {
        return Err(Inadmissibility::HubOnly);
    }
    authority(event, bench)?;
    if role == Role::Declarer {
        return declarer(event, bench).map(|()| Admission::Admitted);
    }
    chain(event, bench.events)?;
    match role {
        Role::Origin => origin(event, bench)?,
        Role::Custodian => custodian(event, bench)?,
        Role::Redactor => redactor(event, bench)?,
        Role::Granter => granter(event, bench)?,
        // Whatever it is, only the origin or a custodian can have written it: else anybody could stop a complaint.
        Role::Unknown => origin(event, bench).or_else(|_| custodian(event, bench))?,
        Role::Hub | Role::Registry | Role::Declarer => return Err(Inadmissibility::HubOnly),
    }
    if is_held(event, bench) {
        return Ok(Admission::Held);
    }
    if let Some(seen) = header.seen {
        let known = bench.events.iter().find(|other| other.hash == seen);
        let origin = known.is_some_and(|other| other.header.change.role() == Role::Origin);
        if !origin || !bench.complaint.is_some_and(|complaint| complaint.contains(&seen)) {
            return Err(Inadmissibility::UnknownSeen);
        }
    }
    references(event, bench)?;
    Ok(Admission::Admitted)
}

/// Registry, revocation and clock.
fn authority(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let header = &event.header;
    let unit = header.unit.as_ref().ok_or(Inadmissibility::NoUnit)?;
    bench.registry.node(&header.node).ok_or(Inadmissibility::NoUnit)?;
    if header.registry < bench.cited || header.registry > bench.registry.position() {
        return Err(Inadmissibility::RegistryPosition);
    }
    if !bench.registry.counts(&header.node, header.position) {
        return Err(Inadmissibility::CutOff);
    }
    if !bench.registry.is_home_at(unit, &header.node, header.registry) {
        return Err(Inadmissibility::NotAtHome);
    }
    if header.time > bench.now.plus_seconds(FUTURE_SECONDS_MAX) {
        return Err(Inadmissibility::FutureTime);
    }
    Ok(())
}

/// A declaration stands beside all complaints. What it speaks of is at home at its author, where it cites the registry and now: else
/// a province could go on renaming the agencies of a city that has its own node by now. A unit need not be listed to be declared.
fn declarer(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let (header, registry) = (&event.header, bench.registry);
    let beside = header.complaint.is_none() && header.prev.is_none() && header.opener.is_none();
    if !beside || header.seen.is_some() || !header.parts.is_empty() {
        return Err(Inadmissibility::Malformed);
    }
    let at_home = |unit: &UnitCode| {
        let here = |at| registry.home_at(unit, at).as_ref() == Some(&header.node);
        here(header.registry) && here(registry.position())
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a declaration")]
    match &header.change {
        Change::UnitDeclared(listing) if at_home(&listing.unit) => Ok(()),
        Change::UnitRetired { unit, .. } if header.node.unit() == Some(unit) => Err(Inadmissibility::OwnUnit),
        Change::UnitRetired { unit, into } if at_home(unit) && into.as_ref().is_none_or(at_home) => {
            let open = |into: &UnitCode| into != unit && registry.unit(into).is_some_and(|entry| !entry.closed);
            let known = registry.unit(unit).is_some() && into.as_ref().is_none_or(open);
            if known { Ok(()) } else { Err(Inadmissibility::UnknownReference) }
        }
        _ => Err(Inadmissibility::TargetNotAtHome),
    }
}

/// The author's previous event on this complaint is the one that it names.
fn chain(event: &Event, events: &[Event]) -> Result<(), Inadmissibility> {
    event.header.complaint.ok_or(Inadmissibility::Malformed)?;
    let last = earlier(event, events).max_by_key(|other| other.header.position).map(|other| other.hash);
    if last == event.header.prev { Ok(()) } else { Err(Inadmissibility::BrokenChain) }
}

/// What the same author wrote on this complaint before; an event that was held is judged again among later ones.
fn earlier<'a>(event: &'a Event, events: &'a [Event]) -> impl Iterator<Item = &'a Event> {
    let before =
        |other: &&Event| other.header.node == event.header.node && other.header.position < event.header.position;
    events.iter().filter(before)
}

/// A writer's newest event among `events`.
#[must_use]
pub fn last_of(writer: &NodeId, events: &[Event]) -> Option<EventHash> {
    let own = events.iter().filter(|event| event.header.node == *writer);
    own.max_by_key(|event| event.header.position).map(|event| event.hash)
}

/// Whether the change, or an earlier event of the same author on this complaint, waits to be known.
fn is_held(event: &Event, bench: &Bench<'_>) -> bool {
    use super::complaint::Outcome;
    if event.header.change.role() == Role::Unknown {
        return true;
    }
    let Some(complaint) = bench.complaint else { return false };
    earlier(event, bench.events).any(|other| complaint.outcomes.get(&other.hash) == Some(&Outcome::Held))
}

fn origin(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    if matches!(event.header.change, Change::Filed(_)) {
        if bench.derived != event.header.complaint {
            return Err(Inadmissibility::ComplaintId);
        }
        return if event.header.opener.is_none() { Ok(()) } else { Err(Inadmissibility::UnknownOpener) };
    }
    let complaint = bench.complaint.ok_or(Inadmissibility::UnknownOpener)?;
    if complaint.origin != event.header.node {
        return Err(Inadmissibility::NotOrigin);
    }
    if event.header.opener == Some(complaint.filed) { Ok(()) } else { Err(Inadmissibility::UnknownOpener) }
}

fn custodian(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let header = &event.header;
    let complaint = bench.complaint.ok_or(Inadmissibility::UnknownOpener)?;
    let opened = complaint.epochs.iter().find(|epoch| Some(epoch.opener) == header.opener);
    if opened.ok_or(Inadmissibility::UnknownOpener)?.node != header.node {
        return Err(Inadmissibility::NotCustodian);
    }
    target_at_home(&header.change, event, bench)
}

fn target_at_home(change: &Change, event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let Change::Disposed { unit, .. } = change else { return Ok(()) };
    if bench.registry.is_home_at(unit, &event.header.node, event.header.registry) {
        Ok(())
    } else {
        Err(Inadmissibility::TargetNotAtHome)
    }
}

/// What a `TakeBack` or an Adopted names is in the set: else the name could come to mean something later. A disposition
/// that is adopted leads to a unit at home at the adopter.
fn references(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let (Change::TakeBack { proposal: named } | Change::Adopted { event: named }) = &event.header.change else {
        return Ok(());
    };
    let known = bench.events.iter().find(|other| other.hash == *named);
    let known = known.filter(|_| bench.complaint.is_some_and(|complaint| complaint.contains(named)));
    let adopted = &known.ok_or(Inadmissibility::UnknownReference)?.header.change;
    target_at_home(adopted, event, bench)
}

/// Whoever files a complaint or ever held it can open what is sealed, and let others.
fn granter(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let Change::Granted { event: target, .. } = &event.header.change else { return Ok(()) };
    let complaint = bench.complaint.ok_or(Inadmissibility::UnknownOpener)?;
    let node = &event.header.node;
    if complaint.origin != *node && complaint.epochs.iter().all(|epoch| epoch.node != *node) {
        return Err(Inadmissibility::NotAuthor);
    }
    if complaint.contains(target) { Ok(()) } else { Err(Inadmissibility::UnknownReference) }
}

fn redactor(event: &Event, bench: &Bench<'_>) -> Result<(), Inadmissibility> {
    let Change::Redacted { event: target } = &event.header.change else { return Ok(()) };
    let target = bench.events.iter().find(|other| other.hash == *target);
    let author = &target.ok_or(Inadmissibility::UnknownReference)?.header.node;
    let origin = bench.complaint.map(|complaint| &complaint.origin);
    if *author == event.header.node || origin == Some(&event.header.node) {
        Ok(())
    } else {
        Err(Inadmissibility::NotAuthor)
    }
}
