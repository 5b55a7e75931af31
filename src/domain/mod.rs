//! The domain: what a complaint is and who holds it. Pure: no I/O, no ambient clock or randomness, no wire format.

pub mod admission;
pub mod calendar;
pub mod category_tree;
pub mod clock;
pub mod complaint;
pub mod custody;
pub mod date;
pub mod deadline;
pub mod directory;
pub mod event;
pub mod fold;
pub mod ids;
pub mod mailbox;
pub mod notice;
pub mod registry;
pub mod routing;
pub mod rules;
pub mod sealing;
pub mod spelling;
pub mod terms;
pub mod tracking;
pub mod unit;
pub mod verdict;

#[cfg(test)]
mod admission_tests;
#[cfg(test)]
mod custody_tests;
#[cfg(test)]
mod deadline_tests;
#[cfg(test)]
mod fold_tests;
#[cfg(test)]
mod model;
#[cfg(test)]
mod notice_tests;
#[cfg(test)]
mod precondition_tests;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod routing_tests;
#[cfg(test)]
pub(crate) mod testing;

pub use calendar::{Calendar, DayOff, DayOffKind, Reckoned, Zone};
pub use complaint::{Complaint, DisplayState, Epoch, Outcome, Status};
pub use date::{Date, Weekday};
pub use deadline::{Due, Moment};
pub use event::{Change, Event, Filing, Header, Moved, PartRef, Role, Wrap};
pub use fold::fold;
pub use ids::{
    ComplaintId, EventHash, FederationId, NodeId, NoticeId, Position, Pseudonym, SealHash, SealingKeyId, SigningKeyId,
    StatementSignature, Timestamp, TokenId,
};
pub use notice::{HookName, NoticeFault, NoticeState, Recipient, Step, Telling};
pub use registry::Registry;
pub use terms::{
    AccountRole, Cause, Channel, Class, Inadmissibility, MoveRefusal, PartKind, Reason, Refusal, Visibility,
};
pub use tracking::TrackingNumber;
pub use unit::UnitCode;
pub use verdict::Verdict;
