//! Whether the machine's clock can be right: against the hub's, against what was written here, and by what the system says.

use super::Finding;
use crate::domain::Timestamp;

/// How far clocks may be apart, in seconds; the hub takes no events beyond.
pub const APART_SECONDS: i64 = 600;

/// What is known of the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// What it shows.
    pub now: Timestamp,
    /// The newest time that the hub has told, at some moment before now.
    pub hub: Option<Timestamp>,
    /// The newest time at which a file of the program was written, by this clock.
    pub written: Option<Timestamp>,
    /// Whether the last session ended because the clocks are too far apart.
    pub refused: bool,
    /// Whether the system says that the clock is synchronised, if it says anything.
    pub synchronised: Option<bool>,
}

/// Judges the clock.
#[must_use]
pub fn judge(facts: &Facts) -> Finding {
    let behind = |other: Option<Timestamp>| {
        other.map(|other| other.seconds_since(facts.now)).filter(|seconds| *seconds > APART_SECONDS)
    };
    let seconds = |seconds: i64| vec![("seconds", seconds.to_string())];
    if facts.refused {
        Finding::problem("clock", "clock-refused", vec![])
    } else if let Some(behind) = behind(facts.hub) {
        Finding::problem("clock", "clock-behind-hub", seconds(behind))
    } else if let Some(behind) = behind(facts.written) {
        Finding::problem("clock", "clock-set-back", seconds(behind))
    } else {
        match facts.synchronised {
            Some(false) => Finding::warning("clock", "clock-alone", vec![]),
            Some(true) => Finding::ok("clock", "clock-ok", vec![]),
            None => Finding::ok("clock", "clock-plausible", vec![]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(2_000_000_000_000_000);

    fn code(facts: Facts) -> &'static str {
        judge(&Facts { now: NOW, ..facts }).code
    }

    #[test]
    fn clock_that_was_set_back_is_well() {
        let later = Some(NOW.plus_seconds(APART_SECONDS + 1));
        assert_eq!(code(Facts { hub: later, ..Facts::default() }), "clock-behind-hub");
        assert_eq!(code(Facts { written: later, ..Facts::default() }), "clock-set-back");
        let about_now = Some(NOW.plus_seconds(APART_SECONDS - 1));
        assert_eq!(code(Facts { hub: about_now, written: about_now, ..Facts::default() }), "clock-plausible");
        let long_ago = Some(Timestamp::default());
        assert_eq!(code(Facts { hub: long_ago, written: long_ago, ..Facts::default() }), "clock-plausible");
    }

    #[test]
    fn clock_that_the_hub_refuses_or_nobody_sets_is_well() {
        assert_eq!(code(Facts { refused: true, ..Facts::default() }), "clock-refused");
        assert_eq!(code(Facts { synchronised: Some(false), ..Facts::default() }), "clock-alone");
        assert_eq!(code(Facts { synchronised: Some(true), ..Facts::default() }), "clock-ok");
    }
}
