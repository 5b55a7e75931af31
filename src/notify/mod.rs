//! Telling reporters: the notifiers, and the courier who takes what is due to one of them. What is a step and who is told is the domain's;
//! what is kept of it is the store's. Content is read here at the moment of sending, and stays nowhere.

pub mod address;
pub mod courier;
pub mod facts;
pub mod letter;
pub mod mail;
pub mod paper;
pub mod sign;
#[cfg(test)]
mod tests;
pub mod webhook;

use std::future::Future;

pub use address::{Names, SystemNames, is_public};
pub use courier::{Courier, Round, begin, forget};
pub use facts::Facts;
pub use letter::Letter;
pub use mail::{Mailer, Security};
pub use paper::{answer, receipt};
pub use sign::HookSecret;
pub use webhook::Webhook;

use crate::domain::{NoticeFault, NoticeId, Timestamp};

/// Whoever can take a notice to somebody.
pub trait Notifier: Send + Sync {
    /// Tells one step. `now` is the time of this attempt; the notice has the same name in all of them.
    ///
    /// Whoever is told may be told twice: what was taken and could not be noted is sent again under the same name.
    fn tell(&self, id: NoticeId, facts: &Facts, now: Timestamp) -> impl Future<Output = Told> + Send;
}

/// What came of telling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// It was taken.
    Taken,
    /// There is nobody to tell.
    Nobody,
    /// It was not: perhaps later.
    Later(NoticeFault),
    /// It never will be.
    Never(NoticeFault),
}

impl Told {
    /// Whether the next one would fare no better: then it is tried another time.
    #[must_use]
    pub const fn is_the_ways_fault(self) -> bool {
        matches!(
            self,
            Self::Later(
                NoticeFault::Unreachable
                    | NoticeFault::TooSlow
                    | NoticeFault::Tls
                    | NoticeFault::NotAccepted
                    | NoticeFault::PrivateAddress
                    | NoticeFault::Redirected
            )
        )
    }
}
