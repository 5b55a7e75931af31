//! A route in words: why a unit can be asked, and why one was left out. Who that is, is the domain's to say.

use super::catalogue::say;
use super::categories::category;
use super::language::Language;
use super::word::Word as _;
use crate::domain::UnitCode;
use crate::domain::directory::Directory;
use crate::domain::routing::{Candidate, Case, Obstacle};

/// Why a unit can be asked, such as "National roads in Provinsi Sumatera Barat: …".
#[must_use]
pub fn candidate(candidate: &Candidate, case: &Case, directory: &Directory, language: Language) -> String {
    let named = |code: &str| category(code, language).map_or_else(|| code.to_owned(), str::to_owned);
    let own = named(case.category.as_str());
    let by = candidate.category.as_ref().map_or_else(|| own.clone(), |by| named(by.as_str()));
    let area = place(&candidate.area, directory, language);
    let facts = [("category", by.as_str()), ("area", &area), ("unit", directory.name(&candidate.unit))];
    let reason = say(&candidate.ground.text_code(), language, &facts);
    if candidate.category.as_ref().is_none_or(|by| *by == case.category) {
        reason
    } else {
        say("route.group", language, &[("reason", &reason), ("category", &own)])
    }
}

/// Why a unit that would be a candidate is none.
#[must_use]
pub fn left_out(unit: &UnitCode, obstacle: Obstacle, directory: &Directory, language: Language) -> String {
    say(&obstacle.text_code(), language, &[("unit", directory.name(unit))])
}

/// What people call an area; its code if it is not listed.
fn place(area: &UnitCode, directory: &Directory, language: Language) -> String {
    if area.is_root() {
        return say("route.everywhere", language, &[]);
    }
    directory.name(area).to_owned()
}
