//! Who does what next in a training federation: a function of the seed, of what a desk lists, and of the time. It asks nobody and does
//! nothing; what it decides is carried out elsewhere.

use lintas::domain::UnitCode;
use lintas::domain::complaint::DisplayState;

use super::chance::below;

/// One hour, in microseconds.
pub(super) const HOUR: i64 = 3_600_000_000;
/// With so many complaints a training begins.
pub(super) const OPENING: usize = 6;
/// With so many that nobody has answered yet, no further one is filed.
pub(super) const OPEN_MAX: usize = 200;
/// After so many changes of custody a government handles a complaint itself.
const EPOCHS_MAX: u32 = 3;

/// How a unit behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Temper {
    /// Within hours.
    Prompt,
    /// Within days, and often too late.
    Late,
    /// Hands every second complaint back as not within its authority.
    Returns,
    /// Never; so that silence climbs.
    Sleeps,
}

/// What is laid down for a training.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    /// What all chance comes from.
    pub(super) seed: u32,
    /// Units whose part somebody plays who is trained.
    pub(super) mine: Vec<UnitCode>,
}

/// A complaint as its desk lists it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    pub(super) id: String,
    pub(super) unit: UnitCode,
    pub(super) node: String,
    pub(super) origin: String,
    pub(super) state: DisplayState,
    /// Whether a move is under way, or an event is held: then nothing can be done.
    pub(super) waits: bool,
    pub(super) epoch: u32,
    /// In microseconds since 1970 UTC.
    pub(super) filed_at: i64,
    /// In the same unit.
    pub(super) updated_at: i64,
}

/// What is done next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Deed {
    /// The custodian verifies.
    Verify,
    /// The custodian passes it on to whom the router names first.
    PassOn,
    /// The custodian accepts.
    Accept,
    /// The custodian records work.
    FollowUp,
    /// The custodian answers.
    Respond,
    /// The custodian returns it to the body that it came from.
    Return,
    /// An agency hands it back to its government.
    HandBack(UnitCode),
    /// The reporter confirms.
    Confirm,
    /// The reporter is not content.
    Reply,
    /// The reporter rates, if that was not done yet.
    Rate(u32),
    /// The reporter completes the file.
    Complete,
}

impl Plan {
    /// How a unit behaves. Governments receive and pass on what is not theirs, so they always do their part.
    pub(super) fn temper(&self, unit: &UnitCode) -> Temper {
        if is_government(unit) {
            return Temper::Prompt;
        }
        match below(self.seed, &["temper", unit.as_str()], 10) {
            0..=4 => Temper::Prompt,
            5 | 6 => Temper::Late,
            7 => Temper::Returns,
            _ => Temper::Sleeps,
        }
    }

    /// After how many hours a unit acts upon a change.
    fn hours(&self, seen: &Seen) -> Option<i64> {
        let (least, more) = match self.temper(&seen.unit) {
            Temper::Prompt | Temper::Returns => (1, 8),
            Temper::Late => (120, 96),
            Temper::Sleeps => return None,
        };
        let some = below(self.seed, &["hours", &seen.id, &seen.updated_at.to_string()], more);
        i64::try_from(some).ok().map(|some| some.saturating_add(least))
    }

    /// What the custodian of a complaint does at `now`, if it is somebody simulated and the time has come.
    pub(super) fn officer(&self, seen: &Seen, now: i64) -> Option<Deed> {
        if seen.waits || self.mine.contains(&seen.unit) || !is_over(seen, self.hours(seen)?, now) {
            return None;
        }
        let government = is_government(&seen.unit);
        let returns = self.temper(&seen.unit) == Temper::Returns
            && below(self.seed, &["returns", &seen.id, seen.unit.as_str()], 2) == 0;
        // What came back to where it was filed, or has gone about for long, is handled where it is.
        let settled = seen.epoch > EPOCHS_MAX || seen.epoch > 1 && seen.origin == seen.node;
        match seen.state {
            DisplayState::New => Some(Deed::Verify),
            DisplayState::Undisposed | DisplayState::Disposed | DisplayState::Received if government && !settled => {
                Some(Deed::PassOn)
            }
            DisplayState::Disposed if returns => Some(Deed::HandBack(seen.unit.government())),
            DisplayState::Disposed if seen.epoch > 1 => Some(Deed::Accept),
            DisplayState::Undisposed | DisplayState::Disposed => Some(Deed::FollowUp),
            DisplayState::Received if returns => Some(Deed::Return),
            DisplayState::Received | DisplayState::Returned => Some(Deed::Accept),
            DisplayState::InProgress => Some(Deed::Respond),
            DisplayState::Deferred | DisplayState::Awaiting | DisplayState::Closed | DisplayState::Archived => None,
        }
    }

    /// What the reporter of a complaint does at `now`, if the time has come.
    pub(super) fn resident(&self, seen: &Seen, now: i64) -> Option<Deed> {
        let moment = seen.updated_at.to_string();
        let some = |what: &str, most| below(self.seed, &[what, &seen.id, &moment], most);
        let hours = i64::try_from(some("patience", 60)).unwrap_or(0).saturating_add(4);
        if seen.waits || !is_over(seen, hours, now) {
            return None;
        }
        // About as people are: many say nothing, and then the answer stands.
        let content = below(self.seed, &["content", &seen.id], 10);
        let stars = || u32::try_from(below(self.seed, &["stars", &seen.id], 5)).unwrap_or(0).saturating_add(1);
        match (seen.state, some("answer", 10)) {
            (DisplayState::Awaiting, 0..=4) => Some(Deed::Confirm),
            (DisplayState::Awaiting, 5 | 6) => Some(Deed::Reply),
            (DisplayState::Deferred, 0..=7) => Some(Deed::Complete),
            (DisplayState::Closed, _) if content < 5 => Some(Deed::Rate(stars())),
            _ => None,
        }
    }
}

/// How many complaints are filed at `now`: a few at the beginning, then one in every hour in which none was filed yet. What was
/// missed is not made up for, so that a clock set ahead brings no flood.
pub(super) fn filings(filed: usize, open: usize, last: Option<i64>, now: i64) -> usize {
    if open >= OPEN_MAX {
        return 0;
    }
    if filed < OPENING {
        return OPENING.saturating_sub(filed);
    }
    usize::from(last.is_none_or(|last| last.div_euclid(HOUR) < now.div_euclid(HOUR)))
}

/// Whether so many hours have passed since a complaint changed.
fn is_over(seen: &Seen, hours: i64, now: i64) -> bool {
    now >= seen.updated_at.saturating_add(hours.saturating_mul(HOUR))
}

fn is_government(unit: &UnitCode) -> bool {
    matches!(unit.kind(), "national" | "province" | "city")
}

/// A unit that the router names, and the node at which it is at home.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Step {
    pub(super) unit: String,
    pub(super) home: String,
}

/// What passing on comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Onward {
    /// To a unit of this node.
    Dispose(String),
    /// To a unit of another node.
    Transfer(String),
    /// To nobody: it is accepted here.
    Accept,
    /// To nobody: it is worked on here.
    FollowUp,
}

/// Where a complaint at `node` goes whose router names these, the first first. What came from elsewhere is accepted before it can go
/// on to another body; whoever accepts it here handles it.
pub(super) fn onward(seen: &Seen, node: &str, steps: &[Step]) -> Onward {
    let first = steps.iter().find(|step| step.unit != seen.unit.as_str());
    match first {
        Some(step) if step.home == node => Onward::Dispose(step.unit.clone()),
        Some(step) if seen.state != DisplayState::Received && !step.home.is_empty() => {
            Onward::Transfer(step.unit.clone())
        }
        Some(_) | None if seen.state == DisplayState::Received => Onward::Accept,
        Some(_) | None => Onward::FollowUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_800_000_000_000_000;

    fn unit(code: &str) -> UnitCode {
        UnitCode::parse(code).unwrap()
    }

    fn plan() -> Plan {
        Plan { seed: 7, mine: Vec::new() }
    }

    fn seen(of: &str, state: DisplayState) -> Seen {
        Seen {
            id: "ab12".to_owned(),
            unit: unit(of),
            node: "13.71".to_owned(),
            origin: "13.71".to_owned(),
            state,
            waits: false,
            epoch: 1,
            filed_at: NOON,
            updated_at: NOON,
        }
    }

    /// An agency of Padang of this temper.
    fn agency(plan: &Plan, temper: Temper) -> String {
        let codes = (0..200).map(|number| format!("13.71.dinas{number}"));
        codes.into_iter().find(|code| plan.temper(&unit(code)) == temper).unwrap()
    }

    fn later(plan: &Plan, seen: &Seen) -> Option<Deed> {
        plan.officer(seen, NOON + 1_000 * HOUR)
    }

    #[test]
    fn government_sleeps() {
        for seed in 0..50 {
            let plan = Plan { seed, mine: Vec::new() };
            for code in ["id", "13", "13.71"] {
                assert_eq!(plan.temper(&unit(code)), Temper::Prompt);
            }
        }
    }

    #[test]
    fn all_units_are_of_one_temper() {
        let plan = plan();
        let of = |temper| (0..200).filter(|n| plan.temper(&unit(&format!("13.71.dinas{n}"))) == temper).count();
        let counts = [Temper::Prompt, Temper::Late, Temper::Returns, Temper::Sleeps].map(of);
        assert!(counts.iter().all(|count| *count > 5) && counts[0] > counts[3], "{counts:?}");
    }

    /// The end-to-end test relies on it.
    #[test]
    fn same_seed_wakes_other_units() {
        let plan = Plan { seed: 1, mine: Vec::new() };
        assert_eq!(plan.temper(&unit("13.71.pdam")), Temper::Sleeps);
    }

    #[test]
    fn unit_of_the_trainee_is_played_by_somebody_else() {
        let code = agency(&plan(), Temper::Prompt);
        let plan = Plan { mine: vec![unit(&code)], ..plan() };
        for state in DisplayState::ALL {
            assert_eq!(later(&plan, &seen(&code, *state)), None, "{state:?}");
        }
        let below = format!("{code}.seksi");
        let others = [agency(&plan, Temper::Late), "13.71".to_owned(), below];
        let played = |code: &String| plan.temper(&unit(code)) == Temper::Sleeps;
        for code in others.iter().filter(|code| !played(code)) {
            assert!(later(&plan, &seen(code, DisplayState::InProgress)).is_some(), "{code}");
        }
    }

    #[test]
    fn sleeper_wakes() {
        let plan = plan();
        let code = agency(&plan, Temper::Sleeps);
        for state in DisplayState::ALL {
            assert_eq!(plan.officer(&seen(&code, *state), i64::MAX), None);
        }
    }

    #[test]
    fn deed_comes_before_its_time_or_while_a_move_is_under_way() {
        let plan = plan();
        let here = seen("13.71", DisplayState::New);
        assert_eq!(plan.officer(&here, NOON + HOUR - 1), None);
        assert_eq!(plan.officer(&here, NOON + 9 * HOUR), Some(Deed::Verify));
        assert_eq!(later(&plan, &Seen { waits: true, ..here }), None);
        let slow = seen(&agency(&plan, Temper::Late), DisplayState::Disposed);
        assert_eq!(plan.officer(&slow, NOON + 119 * HOUR), None);
        assert_eq!(later(&plan, &slow), Some(Deed::FollowUp));
    }

    #[test]
    fn complaint_goes_in_circles() {
        let plan = plan();
        let here = |state, epoch| Seen { epoch, ..seen("13.71", state) };
        assert_eq!(later(&plan, &here(DisplayState::Undisposed, 1)), Some(Deed::PassOn));
        assert_eq!(later(&plan, &here(DisplayState::Received, 2)), Some(Deed::Accept), "it climbed, or came back");
        let away = |epoch| Seen { node: "13".to_owned(), unit: unit("13"), ..here(DisplayState::Received, epoch) };
        assert_eq!(later(&plan, &away(2)), Some(Deed::PassOn));
        assert_eq!(later(&plan, &away(4)), Some(Deed::Accept));
    }

    #[test]
    fn agency_keeps_what_it_says_is_not_its_own() {
        let plan = plan();
        let code = agency(&plan, Temper::Returns);
        let ids = (0..20).map(|number| format!("id{number}"));
        let deeds: Vec<_> =
            ids.filter_map(|id| later(&plan, &Seen { id, ..seen(&code, DisplayState::Disposed) })).collect();
        assert!(deeds.contains(&Deed::HandBack(unit("13.71"))) && deeds.contains(&Deed::FollowUp), "{deeds:?}");
        let ids = (0..20).map(|number| format!("id{number}"));
        let deeds: Vec<_> =
            ids.filter_map(|id| later(&plan, &Seen { id, ..seen(&code, DisplayState::Received) })).collect();
        assert!(deeds.contains(&Deed::Return) && deeds.contains(&Deed::Accept), "{deeds:?}");
    }

    #[test]
    fn reporters_all_do_the_same() {
        let plan = plan();
        let answered = |id: usize| Seen { id: id.to_string(), ..seen("13.71", DisplayState::Awaiting) };
        let deeds: Vec<_> = (0..60).map(|id| plan.resident(&answered(id), NOON + 100 * HOUR)).collect();
        for wanted in [Some(Deed::Confirm), Some(Deed::Reply), None] {
            assert!(deeds.contains(&wanted), "{wanted:?}");
        }
        assert!((0..60).all(|id| plan.resident(&answered(id), NOON + 3 * HOUR).is_none()));
        assert_eq!(plan.resident(&seen("13.71", DisplayState::InProgress), i64::MAX), None);
    }

    #[test]
    fn clock_set_ahead_brings_a_flood() {
        assert_eq!(filings(0, 0, None, NOON), OPENING);
        assert_eq!(filings(OPENING, 3, Some(NOON), NOON + HOUR / 2), 0);
        assert_eq!(filings(OPENING, 3, Some(NOON), NOON + HOUR), 1);
        assert_eq!(filings(OPENING, 3, Some(NOON), NOON + 9_000 * HOUR), 1);
        assert_eq!(filings(900, OPEN_MAX, Some(NOON), NOON + 9_000 * HOUR), 0);
    }

    #[test]
    fn complaint_is_passed_past_its_router() {
        let step = |unit: &str, home: &str| Step { unit: unit.to_owned(), home: home.to_owned() };
        let steps = [step("13.71", "13.71"), step("13.71.dlh", "13.71"), step("13", "13")];
        let here = seen("13.71", DisplayState::Undisposed);
        assert_eq!(onward(&here, "13.71", &steps), Onward::Dispose("13.71.dlh".to_owned()));
        assert_eq!(onward(&here, "13.71", &steps[2..]), Onward::Transfer("13".to_owned()));
        assert_eq!(onward(&here, "13.71", &[]), Onward::FollowUp);
        let came = seen("13.71", DisplayState::Received);
        assert_eq!(onward(&came, "13.71", &steps[2..]), Onward::Accept, "it is not open yet");
        assert_eq!(onward(&came, "13.71", &steps), Onward::Dispose("13.71.dlh".to_owned()));
    }
}
