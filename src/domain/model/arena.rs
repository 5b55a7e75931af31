//! The model's memory of events, folds and registries: worlds hold small numbers, and what was computed once is looked up.
//! Holds what the rules that are taken out would have made of the events.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::super::complaint::Complaint;
use super::super::event::{Change, Event, Header, Moved, Role};
use super::super::fold::fold;
use super::super::ids::{EventHash, NodeId, Position};
use super::super::registry::Registry;
use super::super::terms::Cause;
use super::super::testing::{event, federation, header};
use super::{ALL, Rules};

/// An event's number in this run.
pub(super) type Id = u16;

struct Arena {
    rules: Rules,
    base: Rc<Registry>,
    events: Vec<Rc<Event>>,
    names: HashMap<EventHash, Id>,
    folds: HashMap<Vec<Id>, Rc<Complaint>>,
    registries: HashMap<Vec<Id>, Rc<Registry>>,
}

thread_local! {
    static ARENA: RefCell<Arena> = RefCell::new(Arena::new(ALL));
}

impl Arena {
    fn new(rules: Rules) -> Self {
        let (names, folds, registries) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { rules, base: Rc::new(federation()), events: Vec::new(), names, folds, registries }
    }
}

/// Forgets everything, for a run under these rules.
pub(super) fn reset(rules: Rules) {
    ARENA.with_borrow_mut(|arena| *arena = Arena::new(rules));
}

pub(super) fn intern(header: Header) -> Id {
    let event = event(header);
    ARENA.with_borrow_mut(|arena| {
        if let Some(id) = arena.names.get(&event.hash) {
            return *id;
        }
        let id = Id::try_from(arena.events.len()).unwrap();
        arena.names.insert(event.hash, id);
        arena.events.push(Rc::new(event));
        id
    })
}

pub(super) fn get(id: Id) -> Rc<Event> {
    ARENA.with_borrow(|arena| arena.events[usize::from(id)].clone())
}

pub(super) fn id_of(hash: EventHash) -> Option<Id> {
    ARENA.with_borrow(|arena| arena.names.get(&hash).copied())
}

/// The events themselves, for domain code that takes a slice.
pub(super) fn slice(ids: &[Id]) -> Vec<Event> {
    ids.iter().map(|id| (*get(*id)).clone()).collect()
}

/// The fold of a sorted set, by the real code; where a rule is taken out, of what the events would say without it.
pub(super) fn folded(ids: &[Id]) -> Rc<Complaint> {
    if let Some(known) = ARENA.with_borrow(|arena| arena.folds.get(ids).cloned()) {
        return known;
    }
    let rules = ARENA.with_borrow(|arena| arena.rules);
    let complaint = Rc::new(fold_under(slice(ids), rules));
    ARENA.with_borrow_mut(|arena| arena.folds.insert(ids.to_vec(), complaint.clone()));
    complaint
}

/// The real fold of what the events say under these rules.
pub(super) fn fold_under(mut events: Vec<Event>, rules: Rules) -> Complaint {
    without(&mut events, rules);
    fold(&events).unwrap()
}

/// The registry after these registry events.
pub(super) fn registry(ids: &[Id]) -> Rc<Registry> {
    if let Some(known) = ARENA.with_borrow(|arena| arena.registries.get(ids).cloned()) {
        return known;
    }
    let mut registry = ARENA.with_borrow(|arena| (*arena.base).clone());
    for id in ids {
        registry.apply(&get(*id));
    }
    let registry = Rc::new(registry);
    ARENA.with_borrow_mut(|arena| arena.registries.insert(ids.to_vec(), registry.clone()));
    registry
}

/// Makes of the events what they would mean without a rule.
fn without(events: &mut Vec<Event>, rules: Rules) {
    if !rules.incarnation {
        for event in events.iter_mut().filter(|event| !event.header.node.is_hub()) {
            event.header.position.incarnation = 1;
        }
        for event in events.iter_mut() {
            if let Change::Moved(moved) = &mut event.header.change {
                moved.cutoff = moved.cutoff.map(|cutoff| Position::new(1, cutoff.seq));
            }
        }
    }
    if !rules.seen {
        let origin = events.iter().filter(|event| event.header.change.role() == Role::Origin);
        let newest = origin.max_by_key(|event| event.header.position).map(|event| event.hash);
        for event in events.iter_mut().filter(|event| event.header.change.role() == Role::Custodian) {
            event.header.seen = newest;
        }
    }
    if !rules.recorded_moves {
        let moves: Vec<Event> = events.iter().filter_map(|event| stored_transfer(event, events)).collect();
        events.extend(moves);
    }
}

/// The move that a stored transfer would be, if it were one.
fn stored_transfer(proposal: &Event, events: &[Event]) -> Option<Event> {
    let Change::Transfer { to, .. } = &proposal.header.change else { return None };
    let back = Change::TakeBack { proposal: proposal.hash };
    if events.iter().any(|event| event.header.change == back) {
        return None;
    }
    let moved = Moved {
        ends: proposal.header.opener?,
        unit: to.clone(),
        node: ARENA.with_borrow(|arena| arena.base.home(to))?,
        cause: Cause::Transfer,
        assigned: false,
        proposal: Some(proposal.hash),
        cutoff: Some(proposal.header.position),
        admitted: Vec::new(),
    };
    let place = Position::new(1, 1000 + proposal.header.position.seq);
    Some(event(header(NodeId::Hub, place, Change::Moved(Box::new(moved)))))
}
