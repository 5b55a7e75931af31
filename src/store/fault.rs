//! What a database library's errors mean for the caller, whatever the database. Codes are each database's own file.

use super::StoreError;
use super::{postgres, sqlite};

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is the program's or the library's mistake")]
        match error {
            sqlx::Error::Database(error) => {
                let (code, text) = (error.code().unwrap_or_default(), error.message().to_owned());
                if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                    postgres::fault::of(&code, text)
                } else {
                    sqlite::fault::of(&code, text)
                }
            }
            sqlx::Error::Configuration(error) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(error) => Self::Corrupt(error.to_string()),
            },
            error @ (sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::InvalidSavePointStatement) => Self::Unavailable(error.to_string()),
            error => Self::Corrupt(error.to_string()),
        }
    }
}
