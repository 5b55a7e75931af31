//! How a database is, as a doctor asks: its schema, its settings, whether its structure holds. It changes nothing.

/// How a database is that could be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// The number of its newest migration.
    pub schema: i64,
    /// The number of the newest migration that this program knows.
    pub known: i64,
    /// Its size, in bytes.
    pub bytes: u64,
    /// What its own check found; empty if its structure holds. No content.
    pub broken: Vec<String>,
    /// Settings that promises rest on, by name; all are as they must be, or the database could not be opened.
    pub settings: Vec<(&'static str, String)>,
    /// What is right and will not be for ever, such as connections that run out: a name and a text.
    pub scarce: Vec<(&'static str, String)>,
}
