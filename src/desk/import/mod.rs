//! Taking complaints over from another system: what one is, what is written of it, and, from a table of them, every mistake
//! before anything is written. The rules of filing and acting are the desk's own; nothing here writes an event by other ways.

pub mod check;
pub mod dates;
pub mod field;
pub mod item;
pub mod mapping;
mod mark;
pub mod mistake;
pub mod personal;
mod plan;
pub mod table;

pub use check::{Checked, Rules, check};
pub use field::Field;
pub use item::{ITEMS_MAX, Item};
pub use mapping::{Asked, Ended, Mapping};
pub use mistake::{Mistake, Mistakes};
pub use plan::{Outcome, Taken};
pub use table::Table;

pub(super) use mark::marked;
pub(super) use plan::{plan, prepare};

/// What a spreadsheet takes a cell for a formula by; an export puts an apostrophe before it, an import takes it away again.
pub(super) const GUARDED: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

#[cfg(test)]
mod tests;
