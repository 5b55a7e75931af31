//! What can be wrong with a file of regulations. It names the line and what belongs there.

use thiserror::Error;

use crate::domain::deadline::RulesError;

/// Why a file of regulations cannot be used.
#[derive(Debug, Error)]
pub enum RegulationError {
    /// It is no CSV, or a row has more or fewer columns than the header.
    #[error("this is no CSV with a header line: {0}")]
    Csv(#[from] csv::Error),
    /// A column that must be there is not.
    #[error("there is no column {0}")]
    Column(&'static str),
    /// A field that says nothing known.
    #[error("line {line}: {column} is {expected}")]
    Field {
        /// The line, from 1.
        line: u64,
        /// The column's name.
        column: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// Rules that cannot be used together.
    #[error(transparent)]
    Rules(#[from] RulesError),
}

/// A folder of regulations that cannot be used.
#[derive(Debug, Error)]
pub enum FolderError {
    /// A file, or the folder, cannot be read.
    #[error("{0} in the folder of regulations cannot be read: {1}")]
    Unreadable(&'static str, std::io::Error),
    /// A file says what is not understood.
    #[error("{0} in the folder of regulations: {1}")]
    Wrong(&'static str, RegulationError),
}
