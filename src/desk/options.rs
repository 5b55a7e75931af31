//! Where a complaint stands and what can be done with it at one node. Pure: it asks the domain's rules and decides nothing.

use std::fmt;

use super::action::ActionName;
use crate::domain::rules::{origin_precondition, precondition};
use crate::domain::{Change, Complaint, DisplayState, NodeId, Outcome, Reason, UnitCode};

/// Who holds a complaint, where it stands, and what one node can do with it now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Who answers.
    pub holder: UnitCode,
    /// At which node.
    pub node: NodeId,
    /// In LAPOR!'s words.
    pub state: DisplayState,
    /// Whether a transfer or return is under way.
    pub pending: bool,
    /// What the node can do now.
    pub options: Vec<ActionName>,
}

impl Standing {
    /// The standing of a complaint as `own` sees it.
    #[must_use]
    pub fn of(complaint: &Complaint, own: &NodeId) -> Self {
        Self {
            holder: complaint.unit().clone(),
            node: complaint.node().clone(),
            state: complaint.display(),
            pending: complaint.epoch().pending.is_some(),
            options: options(complaint, own),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is held by {} at node {}, {}", self.holder, self.node, self.state.name())?;
        if self.pending {
            f.write_str(", with a transfer or return under way")?;
        }
        let names: Vec<&str> = self.options.iter().map(|name| name.name()).collect();
        let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
        write!(f, "; possible here now: {names}")
    }
}

/// What `own` can do with a complaint now.
#[must_use]
pub fn options(complaint: &Complaint, own: &NodeId) -> Vec<ActionName> {
    if complaint.read_only {
        return Vec::new();
    }
    let custodian = complaint.node() == own && complaint.missing.is_empty();
    let origin = complaint.origin == *own;
    let touched = origin || complaint.epochs.iter().any(|epoch| epoch.node == *own);
    let possible = |name: &ActionName| match name {
        ActionName::File => false,
        ActionName::Adopt => custodian && can_adopt(complaint),
        ActionName::Redact => touched,
        ActionName::Reply
        | ActionName::Complete
        | ActionName::Confirm
        | ActionName::Rate
        | ActionName::Appeal
        | ActionName::Withdraw => {
            origin && reporters(*name).is_some_and(|c| origin_precondition(complaint, &c).is_ok())
        }
        ActionName::Verify
        | ActionName::Dispose
        | ActionName::Accept
        | ActionName::Defer
        | ActionName::Archive
        | ActionName::FollowUp
        | ActionName::Respond
        | ActionName::Close
        | ActionName::Reopen
        | ActionName::Transfer
        | ActionName::Return
        | ActionName::TakeBack
        | ActionName::Recategorise
        | ActionName::Relate
        | ActionName::Double
        | ActionName::Unlink => {
            let change = officers(*name, complaint);
            custodian && change.is_some_and(|c| precondition(complaint.epoch(), complaint.status(), &c).is_ok())
        }
    };
    ActionName::ALL.iter().copied().filter(possible).collect()
}

fn can_adopt(complaint: &Complaint) -> bool {
    complaint.epoch().pending.is_none() && complaint.outcomes.values().any(|outcome| *outcome == Outcome::Late)
}

/// A reporter's change of each kind, to ask the rules with.
const fn reporters(name: ActionName) -> Option<Change> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are officers'")]
    match name {
        ActionName::Reply => Some(Change::Replied),
        ActionName::Complete => Some(Change::Completed),
        ActionName::Confirm => Some(Change::Confirmed),
        ActionName::Rate => Some(Change::Rated { stars: 5 }),
        ActionName::Appeal => Some(Change::Appealed),
        ActionName::Withdraw => Some(Change::Withdrew),
        _ => None,
    }
}

/// An officer's change of each kind, to ask the rules with.
fn officers(name: ActionName, complaint: &Complaint) -> Option<Change> {
    let reason = Reason::Competent;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others are the reporter's")]
    match name {
        ActionName::Verify if complaint.verified => None,
        ActionName::Verify => Some(Change::Verified),
        ActionName::Dispose => Some(Change::Disposed { unit: complaint.unit().clone(), reason }),
        ActionName::Accept => Some(Change::Accepted),
        ActionName::Defer => Some(Change::Deferred { reason }),
        ActionName::Archive => Some(Change::Archived { reason }),
        ActionName::FollowUp => Some(Change::FollowedUp),
        ActionName::Respond => Some(Change::Responded),
        ActionName::Close => Some(Change::Closed),
        ActionName::Reopen => Some(Change::Reopened),
        ActionName::Transfer => elsewhere(complaint.unit()).map(|to| Change::Transfer { to, reason }),
        ActionName::Return => Some(Change::Return { reason }),
        ActionName::Recategorise => {
            Some(Change::Recategorised { category: complaint.category.clone(), class: complaint.class })
        }
        ActionName::Relate => Some(Change::Related { to: complaint.id }),
        ActionName::Double => Some(Change::Doubled { of: complaint.id }),
        ActionName::Unlink => complaint.related.first().map(|other| Change::Unlinked { from: *other }),
        ActionName::TakeBack => complaint.epoch().pending.map(|proposal| Change::TakeBack { proposal }),
        _ => None,
    }
}

/// Some unit other than this one.
fn elsewhere(unit: &UnitCode) -> Option<UnitCode> {
    unit.parent().or_else(|| UnitCode::parse("kl.pu").ok())
}
