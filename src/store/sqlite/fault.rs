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

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is the program's or the library's mistake")]
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().and_then(|code| code.parse::<u32>().ok());
                let text = error.message().to_owned();
                // The lowest byte is the primary code.
                match code.map(|code| code & 0xff) {
                    Some(BUSY | LOCKED | NO_MEMORY | READ_ONLY | INTERRUPTED | IO | FULL | CANNOT_OPEN) => {
                        Self::Unavailable(text)
                    }
                    Some(CONSTRAINT) => Self::Conflict(text),
                    Some(NOT_A_DATABASE) => Self::Foreign(format!("that is no database of Lintas: {text}")),
                    _ => Self::Corrupt(text),
                }
            }
            sqlx::Error::Configuration(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(error) => Self::Corrupt(error.to_string()),
            },
            error @ (sqlx::Error::Io(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::InvalidSavePointStatement) => Self::Unavailable(error.to_string()),
            error => Self::Corrupt(error.to_string()),
        }
    }
}
