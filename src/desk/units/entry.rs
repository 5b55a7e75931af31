//! One unit as people write it: texts become a listing, or all that is wrong with them, with what may have been meant. It knows no
//! file and no registry.

use std::collections::BTreeSet;

use crate::areas::areas;
use crate::domain::directory::Level;
use crate::domain::event::{Category, PublicName};
use crate::domain::{Contact, Listing, UnitCode};
use crate::words::categories;

/// What people write of one unit. Areas and categories are codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fields<'a> {
    /// Its code.
    pub code: &'a str,
    /// Its public name.
    pub name: &'a str,
    /// Its level, to check the code against; may be empty.
    pub level: &'a str,
    /// The areas that it serves, separated by spaces; empty for that of its code.
    pub areas: &'a str,
    /// The categories that it is competent for, separated by spaces.
    pub categories: &'a str,
    /// How to reach it; may be empty.
    pub contact: &'a str,
}

impl Fields<'_> {
    /// The listing.
    ///
    /// # Errors
    /// Every mistake: the field's name, and what is wrong with it.
    pub fn listing(&self) -> Result<Listing, Vec<(&'static str, String)>> {
        let mut wrong: Vec<(&'static str, String)> = Vec::new();
        let mut say = |field: &'static str, what: String| wrong.push((field, what));
        let unit = UnitCode::parse(self.code).map_err(|error| say("code", format!("{:?}: {error}", self.code))).ok();
        let name = PublicName::parse(self.name);
        if name.is_none() {
            say("name", "a name is 1 to 120 characters without control characters".to_owned());
        }
        if !self.level.is_empty() {
            match (Level::from_name(self.level), &unit) {
                (None, _) => say("level", format!("{:?} is no level; it is one of: {}", self.level, levels())),
                (Some(level), Some(unit)) if !level.fits(unit) => {
                    say("level", format!("{unit} cannot be of the level {}", level.name()));
                }
                (Some(_), _) => {}
            }
        }
        let (mut served, mut competent) = (BTreeSet::new(), BTreeSet::new());
        for text in self.areas.split_whitespace() {
            match area(text) {
                Ok(area) => drop(served.insert(area)),
                Err(what) => say("area", what),
            }
        }
        for text in self.categories.split_whitespace() {
            match category(text) {
                Ok(category) => drop(competent.insert(category)),
                Err(what) => say("categories", what),
            }
        }
        let contact = Contact::parse(self.contact);
        if contact.is_none() && !self.contact.trim().is_empty() {
            say("contact", "a contact is 1 to 120 characters without control characters".to_owned());
        }
        if let (Some(unit), Some(name)) = (unit, name) {
            let listing = Listing { unit, name, areas: served, categories: competent, contact };
            match listing.check() {
                Ok(()) if wrong.is_empty() => return Ok(listing),
                Ok(()) => {}
                Err(error) => wrong.push(("categories", error.to_string())),
            }
        }
        Err(wrong)
    }
}

fn levels() -> String {
    Level::ALL.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ")
}

/// An area that there is, by its code of today; `id` is the whole country.
fn area(text: &str) -> Result<UnitCode, String> {
    let known = areas().get(text).map(|area| area.code.unit()).or_else(|| (text == "id").then(UnitCode::root));
    known.ok_or_else(|| {
        let near = areas().nearest(text, 3).into_iter().map(|near| format!("{} {}", near.code.unit(), near.name));
        unknown("area", text, &near.collect::<Vec<_>>())
    })
}

/// A category or group of this version's list.
fn category(text: &str) -> Result<Category, String> {
    let known = Category::parse(text).filter(|category| categories().entry(category).is_some());
    known.ok_or_else(|| {
        let near = categories().nearest(text, 3).into_iter().map(|entry| entry.code.as_str().to_owned());
        unknown("category", text, &near.collect::<Vec<_>>())
    })
}

fn unknown(what: &str, text: &str, near: &[String]) -> String {
    // What stands in a wrong column may be anything, and is not told whole.
    let text: String = text.chars().take(40).collect();
    format!("there is no {what} {text:?}; near it: {}", near.join(", "))
}
