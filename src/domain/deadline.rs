//! Deadlines: which rule holds for a complaint at a moment of its life, and until when a step may take. Pure: rules and calendar
//! are given to it, and whether the clock starts at receipt or at a complete file is the caller's choice.

use thiserror::Error;

use super::calendar::{Calendar, Zone};
use super::date::Date;
use super::ids::Timestamp;
use super::terms::Class;

/// Longest deadline, in working or calendar days.
pub const DEADLINE_DAYS_MAX: u16 = 1_000;

/// What a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Moment {
    /// Verified and passed on.
    Verify,
    /// First follow-up after a disposition.
    FirstFollowUp,
    /// The answer.
    Response,
    /// The answer to a complaint that only asks what the rules say.
    ResponseNormative,
    /// A reply to the answer; without one the complaint is closed.
    ReporterWindow,
    /// The reporter completes a deferred file; if not, it is archived.
    Completion,
}

impl Moment {
    /// Every moment.
    pub const ALL: [Self; 6] = [
        Self::Verify,
        Self::FirstFollowUp,
        Self::Response,
        Self::ResponseNormative,
        Self::ReporterWindow,
        Self::Completion,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::FirstFollowUp => "first-follow-up",
            Self::Response => "response",
            Self::ResponseNormative => "response-normative",
            Self::ReporterWindow => "reporter-window",
            Self::Completion => "completion",
        }
    }

    /// Its number in header bytes: signed for ever.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Verify => 1,
            Self::FirstFollowUp => 2,
            Self::Response => 3,
            Self::ResponseNormative => 4,
            Self::ReporterWindow => 5,
            Self::Completion => 6,
        }
    }

    /// The moment of this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|moment| moment.code() == code)
    }

    /// Whether the office is to act, not the reporter.
    #[must_use]
    pub const fn is_the_offices(self) -> bool {
        !matches!(self, Self::ReporterWindow | Self::Completion)
    }

    /// The moment of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|moment| moment.name() == name)
    }
}

/// Which days a deadline counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CountedDays {
    /// Working days (`wd`).
    Working,
    /// All days (`days`).
    All,
}

/// How long a step may take.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The class it is for; none for every class that has no rule of its own.
    pub class: Option<Class>,
    /// What must have happened by then.
    pub moment: Moment,
    /// How many days, at most [`DEADLINE_DAYS_MAX`].
    pub amount: u16,
    /// Which days.
    pub days: CountedDays,
    /// The regulation.
    pub legal_basis: String,
    /// How sure the rule is, as `data/README.md` says.
    pub mark: String,
}

/// Rules that cannot be used together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    /// Two rules for the same class and moment: keep one.
    #[error("there are two rules for {class} and {moment}: keep one", class = .0.map_or("any", Class::name), moment = .1.name())]
    Twice(Option<Class>, Moment),
    /// A deadline too long.
    #[error("a deadline has at most 1000 days, not {0}")]
    TooLong(u16),
}

/// All rules.
#[derive(Clone, Debug, Default)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Takes rules together.
    ///
    /// # Errors
    /// If two are for the same class and moment, or one is longer than [`DEADLINE_DAYS_MAX`].
    pub fn new(rules: Vec<Rule>) -> Result<Self, RulesError> {
        for (at, rule) in rules.iter().enumerate() {
            let same = |other: &Rule| (other.class, other.moment) == (rule.class, rule.moment);
            if rules.iter().take(at).any(same) {
                return Err(RulesError::Twice(rule.class, rule.moment));
            }
            if rule.amount > DEADLINE_DAYS_MAX {
                return Err(RulesError::TooLong(rule.amount));
            }
        }
        Ok(Self(rules))
    }

    /// Every rule, as given.
    #[must_use]
    pub fn all(&self) -> &[Rule] {
        &self.0
    }

    /// The rule for a class and a moment: its own, or else the one for any class; none if nothing is laid down.
    #[must_use]
    pub fn rule(&self, class: Class, moment: Moment) -> Option<&Rule> {
        let of = |class: Option<Class>| self.0.iter().find(|rule| rule.class == class && rule.moment == moment);
        of(Some(class)).or_else(|| of(None))
    }
}

/// Until when a step may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// It is known when.
    By {
        /// The last day, where the handling unit is.
        last_day: Date,
        /// The end of that day, 24:00 there: what happens earlier is in time, what happens at this moment is late.
        end: Timestamp,
        /// Whether it may move because holidays of a year are not known yet; then it was reckoned with weekends only, and
        /// can only become later.
        provisional: bool,
    },
    /// The clock stands: the file waits for the reporter.
    Standing {
        /// The day since which it stands.
        since: Date,
        /// How many days are left when it goes on.
        left: u16,
    },
}

impl Due {
    /// The end of the last day, if it is known.
    #[must_use]
    pub const fn end(&self) -> Option<Timestamp> {
        match self {
            Self::By { end, .. } => Some(*end),
            Self::Standing { .. } => None,
        }
    }

    /// Whether it is over at a moment. What stands is never over.
    #[must_use]
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.end().is_some_and(|end| at >= end)
    }
}

impl Rule {
    /// Until when a step may take whose clock started at `start`, in the zone of the unit that handles it.
    ///
    /// The day of the start does not count; then every day counts that the rule counts and that no pause touches, and the
    /// last of them is the last day. A pause is from when the file waits for the reporter to when it no longer does, none
    /// for a pause that goes on. It touches every day on which it began, lasted or ended, in whole, so an hour of waiting
    /// gives the office a day; two pauses on one day touch it once. A pause that ends before it begins is none. With 0 days,
    /// the day of the start is the last.
    #[must_use]
    pub fn due(
        &self,
        start: Timestamp,
        zone: Zone,
        pauses: &[(Timestamp, Option<Timestamp>)],
        calendar: &Calendar,
    ) -> Due {
        let pauses: Vec<(Date, Option<Date>)> = pauses
            .iter()
            .filter(|(from, to)| to.is_none_or(|to| to >= *from))
            .map(|(from, to)| (zone.date_of(*from), to.map(|to| zone.date_of(to))))
            .collect();
        let mut day = zone.date_of(start);
        let mut left = self.amount.min(DEADLINE_DAYS_MAX);
        let mut provisional = false;
        while left > 0 {
            day = day.plus(1);
            let pause = pauses.iter().find(|(from, to)| *from <= day && to.is_none_or(|to| day <= to));
            match pause {
                Some((since, None)) => return Due::Standing { since: *since, left },
                Some((_, Some(to))) => day = *to,
                None if self.days == CountedDays::All => left -= 1,
                None => {
                    let working = calendar.is_working_day(day);
                    provisional |= working.provisional;
                    left -= u16::from(working.value);
                }
            }
        }
        Due::By { last_day: day, end: zone.start_of(day.plus(1)), provisional }
    }
}
