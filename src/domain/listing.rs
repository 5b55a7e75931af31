//! What a unit says of itself to everybody: its name, what it is competent for and where, and how to reach it. It knows no
//! registry and no complaint.

use std::collections::BTreeSet;

use thiserror::Error;

use super::event::{Category, Change, PublicName};
use super::ids::EventHash;
use super::unit::UnitCode;

/// Most areas of one unit.
pub const AREAS_MAX: usize = 32;
/// Most categories of one unit; a group stands for all below it.
pub const CATEGORIES_MAX: usize = 64;
/// Most bytes of all that a unit says, so that it fits a header with room for what else stands there.
pub const LISTING_BYTES_MAX: usize = 3 * 1024;

/// A unit as it is declared and listed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing {
    /// Its code.
    pub unit: UnitCode,
    /// Its public name.
    pub name: PublicName,
    /// The areas it serves, if they are not those of its code; at most [`AREAS_MAX`].
    pub areas: BTreeSet<UnitCode>,
    /// What it is competent for; at most [`CATEGORIES_MAX`].
    pub categories: BTreeSet<Category>,
    /// How to reach it.
    pub contact: Option<Contact>,
}

/// How to reach an office: telephone, e-mail, address. 1 to 120 characters without control characters; never a person's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact(PublicName);

impl Contact {
    /// Takes a contact; none if it is empty, too long or has control characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        PublicName::parse(text).map(Self)
    }

    /// The contact.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// What is wrong with a listing.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum ListingError {
    /// More areas than one unit may name.
    #[error("{0} areas are too many, the most is {AREAS_MAX}: name the larger area that holds them")]
    Areas(usize),
    /// More categories than one unit may name.
    #[error("{0} categories are too many, the most is {CATEGORIES_MAX}: name the group above them")]
    Categories(usize),
    /// An area that is an agency.
    #[error("{0} is no area's code")]
    NoArea(UnitCode),
    /// Longer than a header has room for.
    #[error(
        "name, areas, categories and contact have {0} bytes together, the most is {LISTING_BYTES_MAX}: shorten them"
    )]
    TooLong(usize),
}

impl Listing {
    /// A unit of which nothing is known but its name.
    #[must_use]
    pub const fn named(unit: UnitCode, name: PublicName) -> Self {
        Self { unit, name, areas: BTreeSet::new(), categories: BTreeSet::new(), contact: None }
    }

    /// Whether it is within the limits.
    ///
    /// # Errors
    /// The first that it is not within.
    pub fn check(&self) -> Result<(), ListingError> {
        if self.areas.len() > AREAS_MAX {
            return Err(ListingError::Areas(self.areas.len()));
        }
        if self.categories.len() > CATEGORIES_MAX {
            return Err(ListingError::Categories(self.categories.len()));
        }
        if let Some(area) = self.areas.iter().find(|area| area.territory() != **area) {
            return Err(ListingError::NoArea(area.clone()));
        }
        let texts = [self.unit.as_str(), self.name.as_str(), self.contact.as_ref().map_or("", Contact::as_str)];
        let codes = self.areas.iter().map(UnitCode::as_str).chain(self.categories.iter().map(Category::as_str));
        // Each item with the bytes that say how long it is.
        let bytes =
            texts.into_iter().chain(codes).fold(0_usize, |sum, text| sum.saturating_add(text.len()).saturating_add(3));
        if bytes > LISTING_BYTES_MAX { Err(ListingError::TooLong(bytes)) } else { Ok(()) }
    }

    /// The registry event that lists it, upon a node's word or the hub's operator's.
    #[must_use]
    pub fn listed(self, declared: Option<EventHash>) -> Change {
        Change::UnitListed { listing: Box::new(self), declared }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::testing::unit;

    fn listing() -> Listing {
        Listing::named(unit("13.71.dlh"), PublicName::parse("DLH").unwrap())
    }

    fn categories(count: usize, length: usize) -> BTreeSet<Category> {
        (0..count).map(|n| Category::parse(&format!("{n:0>length$}")).unwrap()).collect()
    }

    #[test]
    fn unit_claims_more_than_a_header_holds() {
        assert_eq!(listing().check(), Ok(()));
        let many = Listing { categories: categories(65, 3), ..listing() };
        assert_eq!(many.check(), Err(ListingError::Categories(65)));
        let long = Listing { categories: categories(64, 40), ..listing() };
        assert_eq!(long.check(), Ok(()));
        let name = PublicName::parse(&"𝒶".repeat(120)).unwrap();
        let longer = Listing { name, contact: Contact::parse(&"𝒶".repeat(120)), ..long };
        assert!(matches!(longer.check(), Err(ListingError::TooLong(_))));
        let areas = (10..43).map(|n| unit(&format!("13.71.{n}"))).collect();
        assert_eq!(Listing { areas, ..listing() }.check(), Err(ListingError::Areas(33)));
        let agency = Listing { areas: [unit("13.dlh")].into(), ..listing() };
        assert_eq!(agency.check(), Err(ListingError::NoArea(unit("13.dlh"))));
    }

    #[test]
    fn contact_is_empty_or_has_no_end() {
        assert!(Contact::parse(" ").is_none() && Contact::parse(&"x".repeat(121)).is_none());
        assert_eq!(Contact::parse(" (0751) 123 ").unwrap().as_str(), "(0751) 123");
    }
}
