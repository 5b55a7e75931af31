//! What people read: stable codes and their texts in Indonesian and English. It formats and decides nothing; what a code
//! means is its module's, and the texts stand in `indonesian.txt` and `english.txt`, same codes, same order.

mod catalogue;
mod categories;
mod language;
mod moment;
mod route;
mod word;

pub use catalogue::{fill, say, text};
pub use categories::{categories, category};
pub use language::Language;
pub use moment::{day, iso, moment, read_day};
pub use route::{candidate, left_out};
pub use word::Word;
