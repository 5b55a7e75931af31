//! A complaint on the desk: what an action means for it, and whether it can be done here and now. Pure; it writes nothing.

use super::action::{Action, ActionName, EventName};
use super::author::{Author, TakeBack, listed_home};
use super::error::DeskError;
use super::name::ComplaintName;
use super::options::Standing;
use super::routes::{case_of, directory};
use super::units::Lead;
use crate::domain::rules::{is_adoptable, not_itself, origin_precondition, precondition};
use crate::domain::{Change, Complaint, ComplaintId, Event, EventHash, Outcome, Position, Refusal, Registry, UnitCode};

/// A complaint before somebody acts on it.
pub(super) struct Case<'a> {
    pub(super) complaint: &'a Complaint,
    pub(super) events: &'a [Event],
    pub(super) registry: &'a Registry,
    pub(super) author: &'a Author,
}

impl Case<'_> {
    #[expect(clippy::unnecessary_box_returns, reason = "errors carry it boxed, to stay small")]
    fn standing(&self) -> Box<Standing> {
        Box::new(Standing::of(self.complaint, &self.author.node))
    }

    fn refused(&self, action: ActionName, refusal: Refusal) -> DeskError {
        DeskError::Refused { action, refusal, standing: self.standing() }
    }

    /// The change that an action is here.
    pub(super) fn change(&self, action: &Action) -> Result<Change, DeskError> {
        Ok(match action {
            Action::Verify => Change::Verified,
            Action::Dispose { unit, reason } => Change::Disposed { unit: unit.clone(), reason: *reason },
            Action::Accept => Change::Accepted,
            Action::Defer { reason } => Change::Deferred { reason: *reason },
            Action::Archive { reason } => Change::Archived { reason: *reason },
            Action::FollowUp => Change::FollowedUp,
            Action::Respond => Change::Responded,
            Action::Close => Change::Closed,
            Action::Reopen => Change::Reopened,
            Action::Transfer { to, reason } => Change::Transfer { to: to.clone(), reason: *reason },
            Action::Return { reason } => Change::Return { reason: *reason },
            Action::TakeBack => match self.complaint.epoch().pending {
                Some(proposal) => Change::TakeBack { proposal },
                None if self.complaint.node() != &self.author.node => {
                    return Err(DeskError::NotHolder(self.standing()));
                }
                None => return Err(self.refused(ActionName::TakeBack, Refusal::NotPending)),
            },
            Action::Adopt { event } => Change::Adopted { event: self.late(event.as_ref())? },
            Action::Recategorise { category, class } => {
                Change::Recategorised { category: category.clone(), class: *class }
            }
            Action::Relate { to } => Change::Related { to: whole(to)? },
            Action::Double { of } => Change::Doubled { of: whole(of)? },
            Action::Unlink { from } => Change::Unlinked { from: self.linked(whole(from)?)? },
            Action::Reply => Change::Replied,
            Action::Complete => Change::Completed,
            Action::Confirm => Change::Confirmed,
            Action::Rate { stars: stars @ 1..=5 } => Change::Rated { stars: *stars },
            Action::Rate { .. } => return Err(DeskError::Stars),
            Action::Appeal => Change::Appealed,
            Action::Withdraw => Change::Withdrew,
            Action::Redact { event } => Change::Redacted { event: self.named(event)? },
        })
    }

    fn linked(&self, other: ComplaintId) -> Result<ComplaintId, DeskError> {
        let linked = self.complaint.related.contains(&other);
        if linked { Ok(other) } else { Err(self.refused(ActionName::Unlink, Refusal::NotLinked)) }
    }

    /// The late event meant: the named one, or the only one.
    fn late(&self, name: Option<&EventName>) -> Result<EventHash, DeskError> {
        if let Some(name) = name {
            return self.named(name);
        }
        let adopted = |late: &EventHash| {
            let adopts = |e: &Event| matches!(e.header.change, Change::Adopted { event } if event == *late);
            self.events.iter().any(|e| adopts(e) && self.complaint.outcomes.get(&e.hash) == Some(&Outcome::Counted))
        };
        let late = self.complaint.outcomes.iter().filter(|(_, outcome)| **outcome == Outcome::Late);
        let mut late = late.map(|(hash, _)| *hash).filter(|hash| !adopted(hash));
        match (late.next(), late.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(self.refused(ActionName::Adopt, Refusal::NotLate)),
            (Some(_), Some(_)) => Err(DeskError::SeveralEvents),
        }
    }

    fn named(&self, name: &EventName) -> Result<EventHash, DeskError> {
        let mut fitting = self.events.iter().filter(|event| name.fits(&event.hash)).map(|event| event.hash);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(DeskError::UnknownEvent),
            (Some(_), Some(_)) => Err(DeskError::SeveralEvents),
        }
    }

    pub(super) fn custodian(&self, action: ActionName, change: &Change) -> Result<(), DeskError> {
        let complaint = self.complaint;
        if complaint.node() != &self.author.node {
            return Err(DeskError::NotHolder(self.standing()));
        }
        self.writable()?;
        if !complaint.missing.is_empty() {
            return Err(DeskError::Incomplete { missing: complaint.missing.len(), standing: self.standing() });
        }
        let meant = self.meant(change).map_err(|refusal| self.refused(action, refusal))?;
        not_itself(complaint.id, meant).map_err(|refusal| self.refused(action, refusal))?;
        precondition(complaint.epoch(), complaint.status(), meant).map_err(|refusal| {
            if refusal == Refusal::ToSelf && !matches!(meant, Change::Return { .. }) {
                return DeskError::ToSelf { action, standing: self.standing(), lead: self.lead() };
            }
            self.refused(action, refusal)
        })?;
        self.target(meant)
    }

    /// The change that is judged: the change itself, or the late one that it adopts.
    fn meant<'c>(&'c self, change: &'c Change) -> Result<&'c Change, Refusal> {
        let Change::Adopted { event } = change else { return Ok(change) };
        if self.complaint.epoch().pending.is_some() {
            return Err(Refusal::Pending);
        }
        if self.complaint.outcomes.get(event) != Some(&Outcome::Late) {
            return Err(Refusal::NotLate);
        }
        let late = self.events.iter().find(|other| other.hash == *event).ok_or(Refusal::NotLate)?;
        if is_adoptable(&late.header.change) { Ok(&late.header.change) } else { Err(Refusal::NotAdoptable) }
    }

    /// Whether the unit that a change names can be given the complaint, as far as this node knows.
    fn target(&self, change: &Change) -> Result<(), DeskError> {
        let registry = self.registry;
        #[expect(clippy::wildcard_enum_match_arm, reason = "the others name no unit")]
        match change {
            Change::Disposed { unit, .. } => {
                self.is_open(unit)?;
                if registry.is_home_at(unit, &self.author.node, registry.position()) {
                    return Ok(());
                }
                Err(DeskError::TargetNotHere { unit: unit.clone(), home: listed_home(registry, unit) })
            }
            Change::Transfer { to, .. } => {
                self.is_open(to)?;
                self.is_not_accused(to)?;
                match registry.home(to).map(|home| registry.may_receive(&home)) {
                    Some(Err(why)) => Err(DeskError::CannotReceive { unit: to.clone(), why }),
                    Some(Ok(())) | None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// Whether a unit may be given complaints: it is there, for everybody, and not closed.
    fn is_open(&self, unit: &UnitCode) -> Result<(), DeskError> {
        let registry = self.registry;
        let entry = registry.unit(unit).ok_or_else(|| DeskError::unknown_unit(unit.as_str(), registry))?;
        if registry.is_waiting(unit) {
            return Err(DeskError::UnitWaits(unit.clone()));
        }
        if registry.is_live(unit) {
            return Ok(());
        }
        Err(DeskError::ClosedUnit { unit: unit.clone(), into: entry.into.clone(), lead: self.lead() })
    }

    /// Whether the complaint is about neither this unit nor what it is part of.
    pub(super) fn is_not_accused(&self, unit: &UnitCode) -> Result<(), DeskError> {
        if self.complaint.filing.about.as_ref().is_some_and(|about| about.implicates(unit)) {
            return Err(DeskError::Accused { unit: unit.clone(), lead: self.lead() });
        }
        Ok(())
    }

    /// Whom to ask instead.
    fn lead(&self) -> Lead {
        let case = case_of(self.complaint, self.events);
        case.map(|case| Lead::of(&case, &directory(self.registry))).unwrap_or_default()
    }

    pub(super) fn origin(&self, action: ActionName, change: &Change) -> Result<(), DeskError> {
        if self.complaint.origin != self.author.node {
            let origin = self.complaint.origin.clone();
            return Err(DeskError::NotOrigin { origin, standing: self.standing() });
        }
        self.writable()?;
        origin_precondition(self.complaint, change).map_err(|refusal| self.refused(action, refusal))
    }

    pub(super) fn redactor(&self, change: &Change) -> Result<(), DeskError> {
        let Change::Redacted { event } = change else { return Ok(()) };
        let target = self.events.iter().find(|other| other.hash == *event).ok_or(DeskError::UnknownEvent)?;
        let own = &self.author.node;
        if target.header.node != *own && self.complaint.origin != *own {
            return Err(DeskError::NotAuthor { origin: self.complaint.origin.clone() });
        }
        self.writable()?;
        let gone = target.header.parts.is_empty() || self.complaint.redacted.contains(event);
        if gone { Err(DeskError::NothingToRedact) } else { Ok(()) }
    }

    fn writable(&self) -> Result<(), DeskError> {
        if self.complaint.read_only { Err(DeskError::ReadOnly(self.standing())) } else { Ok(()) }
    }

    pub(super) fn take_back(&self, proposal: EventHash, sealed: Position) -> TakeBack {
        let written = self.events.iter().find(|event| event.hash == proposal).map(|event| event.header.position);
        if written.is_some_and(|position| position > sealed) { TakeBack::Certain } else { TakeBack::Asked }
    }

    pub(super) fn own_unit(&self) -> UnitCode {
        self.author.node.unit().cloned().unwrap_or_else(UnitCode::root)
    }

    pub(super) fn filing_unit(&self) -> UnitCode {
        let filed = self.events.iter().find(|event| event.hash == self.complaint.filed);
        filed.and_then(|event| event.header.unit.clone()).unwrap_or_else(|| self.own_unit())
    }
}

/// The id that the desk has found for a name.
const fn whole(name: &ComplaintName) -> Result<ComplaintId, DeskError> {
    match name {
        ComplaintName::Id(id) => Ok(*id),
        ComplaintName::Tracking(_) | ComplaintName::Prefix(_) => Err(DeskError::UnknownComplaint),
    }
}
