//! What a unit says of itself, as CBOR: the same in a node's declaration and in the hub's registry event.

use std::collections::BTreeSet;

use super::cbor::{Reader, Unreadable, Writer};
use crate::domain::event::{Category, PublicName};
use crate::domain::{Contact, Listing};

/// `[unit, name, [area, …], [category, …], contact | null]`, codes in ascending order.
pub(super) fn write<'w>(w: &'w mut Writer, listing: &Listing) -> &'w mut Writer {
    w.array(5).text(listing.unit.as_str()).text(listing.name.as_str()).array(listing.areas.len());
    for area in &listing.areas {
        w.text(area.as_str());
    }
    w.array(listing.categories.len());
    for category in &listing.categories {
        w.text(category.as_str());
    }
    w.optional(listing.contact.as_ref(), |w, contact| {
        w.text(contact.as_str());
    })
}

/// Reads it, within its limits. Whoever reads the header compares it, written anew: codes out of order are another form.
pub(super) fn read(r: &mut Reader<'_>) -> Result<Listing, Unreadable> {
    r.array(5, "listing")?;
    let (unit, name) = (r.unit("unit")?, r.text("name", PublicName::parse)?);
    let areas = codes(r, "areas", |r| r.unit("area"))?;
    let categories = codes(r, "categories", |r| r.text("category", Category::parse))?;
    let contact = r.optional("contact", |r, field| r.text(field, Contact::parse))?;
    let listing = Listing { unit, name, areas, categories, contact };
    listing.check().map_err(|_| Unreadable("listing"))?;
    Ok(listing)
}

/// The count is only believed as far as the bytes go: the header's length bounds them.
fn codes<T: Ord>(
    r: &mut Reader<'_>,
    field: &'static str,
    read: impl Fn(&mut Reader<'_>) -> Result<T, Unreadable>,
) -> Result<BTreeSet<T>, Unreadable> {
    let count = r.items(field)?;
    (0..count).map(|_| read(r)).collect()
}
