//! Places and routes between the desk's wire types and its values: what people call an area becomes one, or those that may be meant;
//! a route becomes words. It decides nothing.

use super::wire::{category, optional_unit};
use crate::areas::{Area, AreaCode, Found, Level, Match, areas};
use crate::desk::{DeskError, Routed};
use crate::domain::UnitCode;
use crate::domain::event::Category;
use crate::domain::routing::Candidate;
use crate::protocol::desk::v1 as wire;
use crate::words::{self, Language};

/// An area by its code, today's or an older one, or by what people call it, nearby first; else those that may be meant.
pub(super) fn area(text: &str, own: &UnitCode) -> Result<Option<UnitCode>, DeskError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(area) = areas().get(text) {
        return Ok(Some(area.code.unit()));
    }
    let told = |area: Area| format!("{} {}", area.code.unit(), areas().address(area.code));
    let unknown = |near: Vec<String>| DeskError::Word {
        what: "area",
        // What somebody typed for a place may be where somebody lives.
        given: "…".to_owned(),
        allowed: if near.is_empty() { "lintas-node areas …".to_owned() } else { format!("{}, …", near.join("; ")) },
    };
    if let Ok(code) = AreaCode::parse(text) {
        // A code of before: what it stands for today, if that is one area.
        let current = areas().current(code);
        return match current.areas.as_slice() {
            [one] if current.exact => Ok(Some(one.code.unit())),
            several => {
                let near = several.iter().copied().chain(areas().nearest(text, 3));
                Err(unknown(near.map(told).take(3).collect()))
            }
        };
    }
    // Who sits in Padang means the Padang Selatan that lies there.
    let near = AreaCode::of_unit(&own.territory()).map(|here| areas().search(text, Some(here), 3)).unwrap_or_default();
    if let Some((first, others)) = near.split_first()
        && is_meant(text, first, others)
    {
        return Ok(Some(first.area.code.unit()));
    }
    match areas().search(text, None, 3).as_slice() {
        [] => Err(unknown(areas().nearest(text, 3).into_iter().map(told).collect())),
        [only] => Ok(Some(only.area.code.unit())),
        [first, others @ ..] if is_meant(text, first, others) => Ok(Some(first.area.code.unit())),
        several => Err(unknown(several.iter().map(|found| told(found.area)).collect())),
    }
}

/// Whether the first can be taken for what somebody said, though there are others: it is called just that and none of them is; or the
/// others lie within it; or it is the city and they are small places. There are villages of one name all over the country.
fn is_meant(text: &str, first: &Found, others: &[Found]) -> bool {
    let exact = |found: &Found| found.matched == Match::Exact;
    let large = |found: &Found| matches!(found.area.level, Level::Province | Level::Regency | Level::City);
    let within = |other: &Found| first.area.code.contains(other.area.code);
    let bare =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let same = |found: &Found| bare(found.area.name) == bare(text);
    let small = |other: &Found| within(other) || large(first) && !(exact(other) && large(other));
    exact(first) && (same(first) && !others.iter().any(same) || others.iter().all(small))
}

/// A case that nobody has filed yet: what it is about, where it happened, and the body complained of.
pub(super) fn case(
    asked: &wire::RouteRequest,
    own: &UnitCode,
) -> Result<(Category, Option<UnitCode>, Option<UnitCode>), DeskError> {
    Ok((category(&asked.category)?, area(&asked.area, own)?, optional_unit(&asked.about)?))
}

/// Whom to ask, in words.
pub(super) fn route(routed: &Routed, language: Language) -> wire::RouteReply {
    let Routed { case, route, directory } = routed;
    let step = |candidate: &Candidate, ground: &str, reason: String| wire::RouteStep {
        unit: candidate.unit.to_string(),
        name: directory.name(&candidate.unit).to_owned(),
        ground: ground.to_owned(),
        reason,
        home: directory
            .office(&candidate.unit)
            .and_then(|office| office.home.as_ref())
            .map(ToString::to_string)
            .unwrap_or_default(),
    };
    let steps = route.candidates.iter().map(|candidate| {
        step(candidate, candidate.ground.name(), words::candidate(candidate, case, directory, language))
    });
    let left_out = route.left_out.iter().map(|(candidate, obstacle)| {
        step(candidate, obstacle.name(), words::left_out(&candidate.unit, *obstacle, directory, language))
    });
    wire::RouteReply {
        steps: steps.collect(),
        left_out: left_out.collect(),
        category: case.category.as_str().to_owned(),
        area: case.area.to_string(),
    }
}
