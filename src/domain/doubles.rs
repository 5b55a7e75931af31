//! Doubles: whether a complaint can be one of another, and which nodes take part in that other one because of it, so that its reporter can
//! be told. It decides; recording is the hub's.

use super::complaint::Complaint;
use super::event::Change;
use super::ids::NodeId;
use super::registry::Registry;
use super::sealing::is_accused;
use super::terms::{Inadmissibility, Visibility};

/// Whether a complaint can be a double of this one, as the hub knows it. Where doubles are never doubled, none is its own double by
/// way of others, and nobody has to follow a chain.
///
/// # Errors
/// If the hub does not know it, or it is a double itself.
pub fn may_be_doubled(main: Option<&Complaint>) -> Result<(), Inadmissibility> {
    match main {
        None => Err(Inadmissibility::UnknownMain),
        Some(main) if main.double_of().is_some() => Err(Inadmissibility::DoubleOfDouble),
        Some(_) => Ok(()),
    }
}

/// What the hub records on `main`, because `double` is one of it: the double's origin and holder take part, and whoever takes part in
/// the double for a double of its own. Nobody does who would learn what is not for them; then the reporter is told no more than that it
/// is handled elsewhere.
#[must_use]
pub fn joining(double: &Complaint, main: &Complaint, registry: &Registry) -> Vec<Change> {
    if is_guarded(double, main) {
        return Vec::new();
    }
    let nodes = [&double.origin, double.node()].into_iter().chain(double.joined.iter().map(|(node, _)| node));
    let nodes: std::collections::BTreeSet<&NodeId> = nodes.collect();
    let about = main.filing.about.as_ref();
    let may_know = |node: &&NodeId| {
        let accused = about.zip(node.unit()).is_some_and(|(about, unit)| about.accuses(unit));
        !accused && !main.participants.contains(*node) && registry.may_receive(node).is_ok()
    };
    let joined = |node: &NodeId| Change::Joined { node: node.clone(), double: double.id };
    nodes.into_iter().filter(may_know).map(joined).collect()
}

/// Whether the two are not to be known of together: either is confidential, the main one is about the government where it was filed, or
/// the double is about somebody who takes part in the main one and would hear that there is a double.
fn is_guarded(double: &Complaint, main: &Complaint) -> bool {
    let confidential = |complaint: &Complaint| complaint.filing.visibility == Visibility::Confidential;
    let about = double.filing.about.as_ref();
    let hears = |node: &NodeId| about.zip(node.unit()).is_some_and(|(about, unit)| about.accuses(unit));
    confidential(double)
        || confidential(main)
        || is_accused(&main.origin, main.filing.about.as_ref())
        || main.participants.iter().any(hears)
}
