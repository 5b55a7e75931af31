//! Preconditions: which custodial change is possible where a complaint stands (CUSTODY.md, "Events"). The fold judges by it,
//! and the desk tells people by it what they can do.

use super::complaint::{Arrival, Complaint, Epoch, Status};
use super::event::{Change, Event, Role};
use super::ids::{ComplaintId, Timestamp};
use super::terms::{Cause, Refusal, Visibility};

/// How often a reporter may rate: the last one counts.
pub const RATINGS_MAX: u8 = 3;

/// Whether a custodial change's precondition holds in `epoch`, where the status reads `status` to its author.
/// Adopted is judged by the change it adopts and has no rule here.
///
/// # Errors
/// Why it does not hold.
pub fn precondition(epoch: &Epoch, status: Status, change: &Change) -> Result<(), Refusal> {
    use Status::{Archived, Awaiting, Closed, Deferred, Open, Received};
    match (change, epoch.pending) {
        (Change::TakeBack { proposal }, Some(pending)) if pending == *proposal => return Ok(()),
        (_, Some(_)) => return Err(Refusal::Pending),
        (Change::TakeBack { .. }, None) => return Err(Refusal::NotPending),
        (_, None) => {}
    }
    let among = |allowed: &[Status], refusal| if allowed.contains(&status) { Ok(()) } else { Err(refusal) };
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other change is not a custodian's")]
    match change {
        Change::Verified | Change::Responded => among(&[Open], Refusal::NotOpen),
        Change::Disposed { .. }
        | Change::Deferred { .. }
        | Change::Recategorised { .. }
        | Change::Related { .. }
        | Change::Doubled { .. }
        | Change::Unlinked { .. } => among(&[Open, Received], Refusal::NotOpen),
        Change::Accepted => among(&[Received], Refusal::NotReceived),
        Change::Archived { .. } => among(&[Open, Received, Deferred], Refusal::NotOpen),
        Change::FollowedUp => among(&[Open, Awaiting], Refusal::NotOpen),
        Change::Closed => among(&[Awaiting], Refusal::NotAwaiting),
        Change::Reopened => among(&[Closed, Archived], Refusal::NotClosed),
        Change::Transfer { to, .. } => {
            among(&[Open], Refusal::NotOpen)?;
            if epoch.assigned {
                return Err(Refusal::Assigned);
            }
            if to == epoch.holder() { Err(Refusal::ToSelf) } else { Ok(()) }
        }
        Change::Return { .. } => {
            among(&[Received], Refusal::NotReceived)?;
            if epoch.assigned {
                return Err(Refusal::Assigned);
            }
            match epoch.arrival {
                Arrival::Moved(Cause::Transfer | Cause::Return) if epoch.sender.as_ref() == Some(epoch.holder()) => {
                    Err(Refusal::ToSelf)
                }
                Arrival::Moved(Cause::Transfer | Cause::Return) => Ok(()),
                Arrival::Filed | Arrival::Moved(_) => Err(Refusal::NotReturnable),
            }
        }
        Change::Adopted { .. } => Err(Refusal::NotAdoptable),
        _ => Err(Refusal::NotCustodian),
    }
}

/// Whether a change links a complaint to another one than itself; any other change does no harm here.
///
/// # Errors
/// If it names the complaint that it stands in.
pub fn not_itself(complaint: ComplaintId, change: &Change) -> Result<(), Refusal> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others name no complaint")]
    match change {
        Change::Related { to: other } | Change::Doubled { of: other } if *other == complaint => Err(Refusal::Itself),
        _ => Ok(()),
    }
}

/// Whether the reporter's side may write a change, by the origin's own fold.
///
/// # Errors
/// Why it may not.
pub fn origin_precondition(complaint: &Complaint, change: &Change) -> Result<(), Refusal> {
    use Status::{Archived, Awaiting, Closed, Deferred, Open, Received};
    let status = complaint.status();
    let among = |allowed: &[Status], refusal| if allowed.contains(&status) { Ok(()) } else { Err(refusal) };
    let said = complaint.reporter;
    #[expect(clippy::wildcard_enum_match_arm, reason = "every other change is not the reporter's")]
    match change {
        Change::Imported if !complaint.imported => Ok(()),
        Change::Rated { .. } if complaint.ratings >= RATINGS_MAX => Err(Refusal::TooOften),
        Change::Rated { .. } => among(&[Awaiting, Closed, Archived], Refusal::NotAwaiting),
        Change::Appealed if said.appealed => Err(Refusal::Appealed),
        Change::Replied | Change::Completed | Change::Confirmed | Change::Appealed | Change::Withdrew
            if said.withdrew =>
        {
            Err(Refusal::Withdrawn)
        }
        Change::Replied => among(&[Open, Received, Awaiting], Refusal::Ended),
        Change::Completed => among(&[Deferred], Refusal::NotDeferred),
        Change::Confirmed => among(&[Awaiting, Closed], Refusal::NotAwaiting),
        Change::Appealed => among(&[Closed, Archived], Refusal::NotClosed),
        Change::Withdrew if status == Awaiting => Err(Refusal::Answered),
        Change::Withdrew => among(&[Open, Received, Deferred], Refusal::Ended),
        _ => Err(Refusal::Exists),
    }
}

/// Whether it may be kept and told what caused an event, which may lead to a person: never of what an anonymous reporter files
/// or says. `history` holds the complaint's events.
#[must_use]
pub fn may_be_traced(event: &Event, history: &[Event]) -> bool {
    match event.header.change.role() {
        Role::Custodian | Role::Hub | Role::Registry | Role::Declarer => true,
        Role::Origin | Role::Redactor | Role::Granter | Role::Unknown => {
            reporter_may_be_traced(history.iter().chain([event]))
        }
    }
}

/// Whether what the reporter of a complaint with these events does may be traced. Where the filing is not among them, the
/// reporter counts as anonymous.
pub fn reporter_may_be_traced<'a>(history: impl IntoIterator<Item = &'a Event>) -> bool {
    let filing = |event: &Event| {
        if let Change::Filed(filing) = &event.header.change { Some(filing.visibility) } else { None }
    };
    let mut visibilities = history.into_iter().filter_map(filing).peekable();
    visibilities.peek().is_some() && visibilities.all(|visibility| visibility != Visibility::Anonymous)
}

/// The time that an event says of itself, written at `now` for the reporter of a complaint with this visibility, or along with what
/// was: of an anonymous reporter only the hour.
#[must_use]
pub const fn told_time(visibility: Visibility, role: Role, now: Timestamp) -> Timestamp {
    match (visibility, role) {
        (Visibility::Anonymous, Role::Origin | Role::Granter) => now.hour(),
        _ => now,
    }
}

/// Whether a late event's change can be written anew: no proposal, no `TakeBack`, no `Adopted`, and no `Doubled`, which the hub must be
/// able to read off the event itself.
#[must_use]
pub fn is_adoptable(change: &Change) -> bool {
    change.role() == Role::Custodian
        && !change.is_proposal()
        && !matches!(change, Change::TakeBack { .. } | Change::Adopted { .. } | Change::Doubled { .. })
}
