//! Units of bodies that run no node yet: taken in from a file, whole or not at all; and listed. A node declares its own.

use std::path::Path;

use lintas::desk::table::table;
use lintas::desk::units::{FILE_BYTES_MAX, FileUnit, Form, WrongLine, read};
use lintas::domain::event::Category;
use lintas::domain::{Change, Contact, Registry, UnitCode};
use lintas::link::hub::registrar::register;
use serde_json::json;

use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Units that are listed in one transaction.
const AT_ONCE: usize = 500;

/// Lists the units of a file that are new, closed or renamed.
///
/// # Errors
/// Every wrong line of the file at once; then nothing was changed.
pub(crate) async fn import(settings: &Settings, file: &Path, voice: Voice) -> Result<(), Failure> {
    let given = |error: std::io::Error| Failure::given(file, &error);
    let size = std::fs::metadata(file).map_err(given)?.len();
    if size > FILE_BYTES_MAX {
        return Err(given(std::io::Error::other(format!("the file has {size} bytes, the most is {FILE_BYTES_MAX}"))));
    }
    let bytes = std::fs::read(file).map_err(given)?;
    let units = read(&bytes, Form::of_name(&file.display().to_string())).whole();
    let told = |wrong: Vec<WrongLine>| wrong.into_iter().map(|WrongLine { line, what }| (line, what)).collect();
    let units = units.map_err(|wrong| Failure::Units(told(wrong)))?;
    let signer = database::signer(&settings.federation, &settings.signing_key)?;
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let registry = database::registry(&store).await?;
    let total = units.len();
    let (changes, renamed) = wanted(units, &registry);
    let count = changes.len();
    let step = voice.progress().step("progress.units", u64::try_from(count).ok());
    let mut changes = changes.into_iter().peekable();
    while changes.peek().is_some() {
        let some: Vec<Change> = changes.by_ref().take(AT_ONCE).collect();
        let taken = some.len();
        register(&store, &signer, some, settings.clock.timestamp()).await?;
        step.advance_by(taken);
    }
    drop(step);
    store.close().await;
    let (listed, same) = (count.saturating_sub(renamed), total.saturating_sub(count));
    let value = json!({ "listed": listed, "renamed": renamed, "unchanged": same });
    let facts = [listed, renamed, same].map(|number| number.to_string());
    let [listed, renamed, same] = facts.each_ref().map(String::as_str);
    let facts = [("listed", listed), ("renamed", renamed), ("unchanged", same)];
    voice.answer(&value, &voice.say("hub.imported", &facts));
    Ok(())
}

/// The units as registered.
///
/// # Errors
/// If the database cannot be read.
pub(crate) async fn list(settings: &Settings, voice: Voice) -> Result<(), Failure> {
    let store = database::reader(settings).await?;
    let registry = database::registry(&store).await?;
    store.close().await;
    let home = |unit: &UnitCode| registry.home(unit).map(|node| node.to_string());
    let value: Vec<_> = registry
        .units()
        .map(|(unit, entry)| {
            let listing = &entry.listing;
            json!({
                "code": unit.as_str(), "name": listing.name.as_str(), "home": home(unit), "closed": entry.closed,
                "areas": listing.areas.iter().map(UnitCode::as_str).collect::<Vec<_>>(),
                "categories": listing.categories.iter().map(Category::as_str).collect::<Vec<_>>(),
                "contact": listing.contact.as_ref().map(Contact::as_str),
                "into": entry.into.as_ref().map(UnitCode::as_str), "declared": entry.declared.is_some(),
            })
        })
        .collect();
    let rows: Vec<[String; 4]> = registry
        .units()
        .map(|(unit, entry)| {
            let remark = if entry.closed { voice.say("hub.closed", &[]) } else { String::new() };
            let home = home(unit).unwrap_or_else(|| "-".to_owned());
            [unit.to_string(), home, entry.listing.name.as_str().to_owned(), remark]
        })
        .collect();
    let titles = ["hub.unit", "hub.home", "hub.name", "list.remarks"].map(|code| voice.say(code, &[]));
    voice.answer(&json!({ "units": value }), &table(titles.each_ref().map(String::as_str), &rows));
    Ok(())
}

/// What has to be recorded, and how much of it is of units that are listed already.
fn wanted(units: Vec<FileUnit>, registry: &Registry) -> (Vec<Change>, usize) {
    let mut known_before = 0_usize;
    let mut changes = Vec::new();
    for unit in units {
        let known = registry.unit(&unit.listing.unit);
        let listing = unit.over(known.map(|entry| &entry.listing));
        match known {
            Some(entry) if !entry.closed && entry.listing == listing => continue,
            Some(_) => known_before = known_before.saturating_add(1),
            None => {}
        }
        changes.push(listing.listed(None));
    }
    (changes, known_before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(file: &str) -> Vec<FileUnit> {
        read(file.as_bytes(), Form::Csv).whole().unwrap()
    }

    #[test]
    fn what_is_listed_already_is_listed_again() {
        let (changes, known_before) =
            wanted(units("code,name,categories\n13,Sumatera Barat,lainnya\n"), &Registry::default());
        let [Change::UnitListed { listing, declared: None }] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((listing.categories.len(), known_before), (1, 0));
    }
}
