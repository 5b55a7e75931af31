//! What can go wrong in a measurement. Every error ends the run: half a comparison is none.

use lintas::desk::DeskError;
use lintas::desk::service::ClientError;
use lintas::desk::socket::SocketError;
use lintas::store::StoreError;
use thiserror::Error;

use crate::federation::FederationError;

/// Why there are no figures.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The federation did not do what it should.
    #[error(transparent)]
    Federation(#[from] FederationError),
    /// A database of hub or node cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A desk refused an action.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A desk cannot be reached, or refused an action.
    #[error(transparent)]
    Call(#[from] ClientError),
    /// A desk's socket cannot be found.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The system said no.
    #[error("{0}")]
    System(#[from] std::io::Error),
    /// PostgreSQL said no.
    #[error("PostgreSQL: {0}")]
    Postgres(String),
    /// A certificate for the comparison could not be made.
    #[error("a certificate for the comparison could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// Something did not happen in time.
    #[error("waited in vain: {0}")]
    Late(String),
    /// What was measured did not do the work it should.
    #[error("not measured what should be: {0}")]
    Wrong(String),
}

/// A result of a measurement.
pub(super) type Result<T> = std::result::Result<T, BenchError>;
