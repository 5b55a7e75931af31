//! The units that somebody may have meant who named none. It looks at codes and names, never at what lies with a unit.

use crate::domain::spelling::{distance, from_name};
use crate::domain::{Registry, UnitCode};

/// How many are told.
const NEAR: usize = 3;

/// The three open units whose code or name is nearest to a text, nearest first, as `code name`; fewer if there are fewer.
#[must_use]
pub fn nearest_units(text: &str, registry: &Registry) -> Vec<String> {
    let text = text.trim().to_lowercase();
    let far = |code: &UnitCode, name: &str| distance(&text, code.as_str()).min(from_name(&text, name));
    let open = registry.units().filter(|(_, entry)| !entry.closed);
    let mut near: Vec<_> = open.map(|(code, entry)| (far(code, entry.listing.name.as_str()), code, entry)).collect();
    near.sort_by_key(|(far, code, _)| (*far, *code));
    near.iter().take(NEAR).map(|(_, code, entry)| format!("{code} {}", entry.listing.name.as_str())).collect()
}
