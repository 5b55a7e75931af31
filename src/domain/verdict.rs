//! Verdicts: what the hub said of an event, once. The author shows an event as provisional until then.

use std::fmt;

use super::complaint::Outcome;
use super::terms::{Inadmissibility, Refusal};

/// What is known of an event's standing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Verdict {
    /// Not judged yet.
    Provisional,
    /// It counts, for ever.
    Applied,
    /// Custody had moved: kept and shown, may be adopted.
    Late,
    /// Its precondition did not hold.
    Refused(Refusal),
    /// Its author had no authority.
    Inadmissible(Inadmissibility),
    /// Its change, or an earlier one of its author here, is not known to the hub.
    Held,
}

impl Verdict {
    /// The verdict that an outcome of the hub's fold amounts to.
    #[must_use]
    pub const fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Counted => Self::Applied,
            Outcome::Late => Self::Late,
            Outcome::Refused(refusal) => Self::Refused(refusal),
            Outcome::Inadmissible(reason) => Self::Inadmissible(reason),
            Outcome::Held => Self::Held,
            Outcome::Waiting => Self::Provisional,
        }
    }

    /// Two stable numbers, for wire and storage: the verdict, and its reason or 0.
    #[must_use]
    pub const fn codes(self) -> (u8, u8) {
        match self {
            Self::Provisional => (0, 0),
            Self::Applied => (1, 0),
            Self::Late => (2, 0),
            Self::Refused(refusal) => (3, refusal.code()),
            Self::Inadmissible(reason) => (4, reason.code()),
            Self::Held => (5, 0),
        }
    }

    /// Reads the two numbers; none if this version does not know them.
    #[must_use]
    pub fn from_codes(verdict: u8, reason: u8) -> Option<Self> {
        match (verdict, reason) {
            (0, 0) => Some(Self::Provisional),
            (1, 0) => Some(Self::Applied),
            (2, 0) => Some(Self::Late),
            (3, reason) => Refusal::from_code(reason).map(Self::Refused),
            (4, reason) => Inadmissibility::from_code(reason).map(Self::Inadmissible),
            (5, 0) => Some(Self::Held),
            _ => None,
        }
    }

    /// The verdict's name on the command line and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Applied => "applied",
            Self::Late => "late",
            Self::Refused(_) => "refused",
            Self::Inadmissible(_) => "inadmissible",
            Self::Held => "held",
        }
    }

    /// The reason's name, where there is one.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.name()),
            Self::Inadmissible(reason) => Some(reason.name()),
            Self::Provisional | Self::Applied | Self::Late | Self::Held => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.reason().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}
