//! The country: every province, regency, city, district and village by its Kemendagri code and name, and what codes became
//! of codes. It knows no unit, no registry and nobody's authority; an area is a place, not an office.
//!
//! The list is `data/areas.txt`, compiled in as it is: a name is a slice of the program, and only codes and offsets (about 1.2 MB)
//! are held in memory. The index of names is built at the first search: it stays at about 4 MB, and takes 12 MB while it is built.

mod changes;
mod code;
mod edits;
mod fold;
mod index;
mod nearest;
mod query;
mod rank;
mod search;
mod table;

#[cfg(test)]
mod tests;

pub use changes::{AreaChange, ChangeKind, Current};
pub use code::{AreaCode, AreaCodeError, Level};
pub use search::{FOUND_MAX, Found, Match};
pub use table::{Area, Areas, areas};
