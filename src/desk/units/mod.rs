//! Units as people declare them: a file or a command becomes listings, and these become declarations in this node's journal. Whether
//! a declaration counts is the hub's to say; what units there are for everybody is the registry's.

mod entry;
mod file;
mod known;
mod lead;
mod nearest;
mod plan;
mod use_cases;

#[cfg(test)]
mod tests;

pub use entry::Fields;
pub use file::{FILE_BYTES_MAX, FileUnit, Form, Read, UNITS_MAX, WrongLine, read};
pub use known::{DECLARED_MAX, KnownUnit, Outlook};
pub use lead::{Lead, Proposal};
pub use nearest::nearest_units;
pub use use_cases::{Declared, Imported, Merged};
