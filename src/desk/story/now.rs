//! Where a complaint stands now: who holds it, its state in LAPOR!'s words, what is under way and what is awaited.

use serde::Serialize;

use super::marks::taken_back;
use super::{Named, Told};
use crate::domain::custody::{dispute, handovers};
use crate::domain::{Change, Complaint, DisplayState, Due, Event, EventHash, Outcome, Verdict};
use crate::store::FiledEvent;
use crate::words::{Word, day, read_day};

/// Where a complaint stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Now {
    /// Who answers for it.
    pub unit: Named,
    /// At which node.
    pub node: Named,
    /// How many times it was opened.
    pub epoch: usize,
    /// The state's name.
    pub state: &'static str,
    /// The proposal under way.
    pub pending: Option<Pending>,
    /// The stable code of what is awaited, such as `await.response`.
    pub awaited: &'static str,
    /// Until when, if a deadline is laid down for it.
    pub due: Option<DueTold>,
    /// How often it was handed from unit to unit.
    pub handovers: usize,
    /// The newest dispute about who is competent.
    pub dispute: Option<DisputeTold>,
    /// Late events that nobody has adopted.
    pub late: usize,
    /// The reporter's latest rating.
    pub stars: Option<u8>,
    /// All this in words, line by line.
    pub lines: Vec<String>,
}

/// Until when the next step may take.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DueTold {
    /// What must have happened by then: the name of a deadline, such as `response`.
    pub moment: &'static str,
    /// The last day, as YYYY-MM-DD; none while the clock stands still.
    pub last_day: Option<String>,
    /// Days that are left when it goes on, while it stands still.
    pub left: Option<u16>,
    /// Whether it may move, because the holidays of a year are not known yet.
    pub provisional: bool,
    /// Whether that is over, and those above the holder were told.
    pub overdue: bool,
    /// The regulation.
    pub legal_basis: String,
}

/// A dispute about who is competent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DisputeTold {
    /// Who returned it, or got it back.
    pub parties: Vec<Named>,
    /// Who decides, or decided.
    pub arbiter: Named,
    /// Whether it has decided, and that binds the present holder.
    pub binding: bool,
}

/// A transfer or return under way.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Pending {
    /// The proposal's hash, in hexadecimal.
    pub event: String,
    /// Its name: transfer or return.
    pub change: &'static str,
    /// To whom; none for a return.
    pub to: Option<Named>,
    /// Whether it was asked to be taken back, and the hub has not answered.
    pub asked_to_take_back: bool,
}

pub(super) fn of(told: &Told<'_>, complaint: &Complaint) -> Now {
    let (unit, node) = (told.unit(complaint.unit()), told.node(complaint.node()));
    let state = complaint.display();
    let pending = pending(told, complaint);
    let awaited = awaited(complaint, pending.is_some());
    let late = late(told, complaint);
    let holder = [("unit", unit.to_string()), ("node", complaint.node().to_string())];
    let mut lines = vec![
        told.say("now.holder", &holder.each_ref().map(|(name, fact)| (*name, fact.as_str()))),
        told.say("now.state", &[("state", state.in_words(told.language))]),
    ];
    if let Some(pending) = &pending {
        lines.push(match &pending.to {
            Some(to) => told.say("now.pending-transfer", &[("unit", &to.to_string())]),
            None => told.say("now.pending-return", &[]),
        });
        if pending.asked_to_take_back {
            lines.push(told.say("now.asked-to-take-back", &[]));
        }
    }
    let handovers = handovers(complaint);
    if handovers > 1 {
        lines.push(told.say("now.handovers", &[("count", &handovers.to_string())]));
    }
    let dispute = dispute(complaint).map(|dispute| DisputeTold {
        parties: dispute.parties.iter().map(|unit| told.unit(unit)).collect(),
        arbiter: told.unit(&dispute.arbiter),
        binding: dispute.binding,
    });
    lines.extend(dispute.as_ref().map(|dispute| dispute_in_words(told, dispute)));
    lines.push(told.say("now.awaited", &[("what", &told.say(awaited, &[]))]));
    let due = due(told, complaint);
    lines.extend(due.as_ref().map(|due| due_in_words(told, due)));
    if late > 0 {
        lines.push(told.say("now.late", &[("count", &late.to_string())]));
    }
    if complaint.reporter.withdrew {
        lines.push(told.say("now.withdrew", &[]));
    }
    if complaint.reporter.appealed {
        lines.push(told.say("now.appealed", &[]));
    }
    if let Some(stars) = complaint.stars {
        lines.push(told.say("now.rating", &[("stars", &stars.to_string())]));
    }
    Now {
        unit,
        node,
        epoch: complaint.epochs.len(),
        state: state.name(),
        pending,
        awaited,
        due,
        handovers,
        dispute,
        late,
        stars: complaint.stars,
        lines,
    }
}

/// The proposal under way. One that was taken back counts as under way until the hub has said so too.
fn pending(told: &Told<'_>, complaint: &Complaint) -> Option<Pending> {
    let asked = || {
        let opener = complaint.epoch().opener;
        let own = told.order.iter().rev().filter(|filed| filed.event.header.opener == Some(opener));
        own.map(|filed| &filed.event)
            .filter(|event| event.header.change.is_proposal())
            .find(|event| taken_back(told, &event.hash) == Some(Verdict::Provisional))
            .map(|event| (event.hash, true))
    };
    let (hash, asked_to_take_back): (EventHash, bool) =
        complaint.epoch().pending.map(|hash| (hash, false)).or_else(asked)?;
    let change = &told.find(&hash)?.event.header.change;
    let to = if let Change::Transfer { to, .. } = change { Some(told.unit(to)) } else { None };
    Some(Pending { event: hash.to_string(), change: change.name(), to, asked_to_take_back })
}

fn awaited(complaint: &Complaint, pending: bool) -> &'static str {
    if complaint.read_only {
        return "await.upgrade";
    }
    if !complaint.missing.is_empty() {
        return "await.history";
    }
    if pending {
        return "await.decision";
    }
    let state = complaint.display();
    if complaint.reporter.withdrew && !matches!(state, DisplayState::Closed | DisplayState::Archived) {
        return "await.archive";
    }
    match state {
        DisplayState::New => "await.verification",
        DisplayState::Undisposed => "await.handling",
        DisplayState::Disposed => "await.follow-up",
        DisplayState::InProgress => "await.response",
        DisplayState::Received | DisplayState::Returned => "await.acceptance",
        DisplayState::Deferred => "await.completion",
        DisplayState::Awaiting => "await.reporter",
        DisplayState::Closed | DisplayState::Archived => "await.nothing",
    }
}

/// Until when the step may take that is awaited, reckoned where the holder is.
fn due(told: &Told<'_>, complaint: &Complaint) -> Option<DueTold> {
    let events: Vec<Event> = told.file.events.iter().map(|filed| filed.event.clone()).collect();
    let deadline = told.timetable.deadline(complaint, &events)?;
    let told = DueTold {
        moment: deadline.moment.name(),
        last_day: None,
        left: None,
        provisional: false,
        overdue: deadline
            .due
            .end()
            .is_some_and(|end| complaint.overdue.contains(&(complaint.epoch().opener, deadline.moment, end))),
        legal_basis: deadline.rule.legal_basis.clone(),
    };
    Some(match deadline.due {
        Due::By { last_day, provisional, .. } => DueTold { last_day: Some(last_day.to_string()), provisional, ..told },
        Due::Standing { left, .. } => DueTold { left: Some(left), ..told },
    })
}

fn dispute_in_words(told: &Told<'_>, dispute: &DisputeTold) -> String {
    let parties: Vec<String> = dispute.parties.iter().map(Named::to_string).collect();
    let facts = [("parties", parties.join(", ")), ("arbiter", dispute.arbiter.to_string())];
    let code = if dispute.binding { "now.dispute-decided" } else { "now.dispute" };
    told.say(code, &facts.each_ref().map(|(name, fact)| (*name, fact.as_str())))
}

fn due_in_words(told: &Told<'_>, due: &DueTold) -> String {
    let what = told.say(&format!("due.{}", due.moment), &[]);
    let Some(last_day) = &due.last_day else {
        let left = due.left.unwrap_or_default().to_string();
        return told.say("now.due-stands", &[("what", &what), ("left", &left)]);
    };
    let by = read_day(last_day).map_or_else(|| last_day.clone(), |at| day(at, told.language));
    let code = if due.overdue {
        "now.overdue"
    } else if due.provisional {
        "now.due-provisional"
    } else {
        "now.due"
    };
    told.say(code, &[("what", &what), ("day", &by)])
}

fn late(told: &Told<'_>, complaint: &Complaint) -> usize {
    let counts = |hash: &EventHash| complaint.outcomes.get(hash) == Some(&Outcome::Counted);
    let adopts = |filed: &FiledEvent| {
        let Change::Adopted { event } = filed.event.header.change else { return None };
        counts(&filed.event.hash).then_some(event)
    };
    let adopted: Vec<EventHash> = told.file.events.iter().filter_map(adopts).collect();
    let late = complaint.outcomes.iter().filter(|(_, outcome)| **outcome == Outcome::Late);
    late.filter(|(hash, _)| !adopted.contains(hash)).count()
}
