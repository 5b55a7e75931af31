//! What SQLite's errors mean for the caller. Result codes: <https://sqlite.org/rescode.html>.

use super::StoreError;

const BUSY: u32 = 5;
const LOCKED: u32 = 6;
const NO_MEMORY: u32 = 7;
const READ_ONLY: u32 = 8;
const INTERRUPTED: u32 = 9;
const IO: u32 = 10;
const FULL: u32 = 13;
const CANNOT_OPEN: u32 = 14;
const CONSTRAINT: u32 = 19;
const NOT_A_DATABASE: u32 = 26;

/// The error behind a code.
pub(in crate::store) fn of(code: &str, text: String) -> StoreError {
    // The lowest byte is the primary code.
    match code.parse::<u32>().ok().map(|code| code & 0xff) {
        Some(BUSY | LOCKED | NO_MEMORY | READ_ONLY | INTERRUPTED | IO | FULL | CANNOT_OPEN) => {
            StoreError::Unavailable(text)
        }
        Some(CONSTRAINT) => StoreError::Conflict(text),
        Some(NOT_A_DATABASE) => StoreError::Foreign(format!("that is no database of Lintas: {text}")),
        _ => StoreError::Corrupt(text),
    }
}
