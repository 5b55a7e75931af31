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
pub mod doubles;
pub mod event;
pub mod figure;
pub mod fold;
pub mod ids;
pub mod life;
pub mod listing;
pub mod mailbox;
pub mod measure;
pub mod notice;
pub mod registry;
pub mod routing;
pub mod rules;
pub mod sealing;
pub mod silence;
pub mod spelling;
pub mod terms;
pub mod timetable;
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
mod linking_tests;
#[cfg(test)]
mod measure_tests;
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
pub use figure::{Figure, Figures};
pub use fold::fold;
pub use ids::{
    ComplaintId, EventHash, FederationId, NodeId, NoticeId, Position, Pseudonym, SealHash, SealingKeyId, SigningKeyId,
    StatementSignature, Timestamp, TokenId,
};
pub use listing::{Contact, Listing};
pub use measure::{Cell, Measure};
pub use notice::{HookName, NoticeFault, NoticeState, Recipient, Step, Telling};
pub use registry::Registry;
pub use terms::{
    AccountRole, Cause, Channel, Class, Inadmissibility, MoveRefusal, PartKind, Reason, Refusal, Visibility,
};
pub use timetable::{Deadline, Starts, Timetable};
pub use tracking::TrackingNumber;
pub use unit::UnitCode;
pub use verdict::Verdict;
