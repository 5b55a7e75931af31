//! Units: taken in from a CSV file, and listed. A file is taken in whole or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use lintas::desk::table::table;
use lintas::domain::event::PublicName;
use lintas::domain::{Change, Registry, UnitCode};
use lintas::link::hub::registrar::register;
use lintas::runtime::{Clock as _, SystemClock};
use serde_json::json;

use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Most bytes of a file of units.
const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
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
    let units = read(&bytes).map_err(Failure::Units)?;
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
        register(&store, &signer, some, SystemClock.timestamp()).await?;
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
            let (code, name) = (unit.as_str(), entry.name.as_str());
            json!({ "code": code, "name": name, "home": home(unit), "closed": entry.closed })
        })
        .collect();
    let rows: Vec<[String; 4]> = registry
        .units()
        .map(|(unit, entry)| {
            let remark = if entry.closed { voice.say("hub.closed", &[]) } else { String::new() };
            let home = home(unit).unwrap_or_else(|| "-".to_owned());
            [unit.to_string(), home, entry.name.as_str().to_owned(), remark]
        })
        .collect();
    let titles = ["hub.unit", "hub.home", "hub.name", "list.remarks"].map(|code| voice.say(code, &[]));
    voice.answer(&json!({ "units": value }), &table(titles.each_ref().map(String::as_str), &rows));
    Ok(())
}

/// What has to be recorded, and how much of it is a new name only.
fn wanted(units: BTreeMap<UnitCode, PublicName>, registry: &Registry) -> (Vec<Change>, usize) {
    let mut renamed = 0_usize;
    let mut changes = Vec::new();
    for (unit, name) in units {
        match registry.unit(&unit) {
            Some(entry) if entry.name == name => continue,
            Some(_) => renamed = renamed.saturating_add(1),
            None => {}
        }
        changes.push(Change::UnitListed { unit, name });
    }
    (changes, renamed)
}

/// Reads a file: a head line that names the columns `code` and `name`, then one unit a line.
///
/// # Errors
/// Every wrong line, by number from 1, and what is wrong with it.
fn read(bytes: &[u8]) -> Result<BTreeMap<UnitCode, PublicName>, Vec<(u64, String)>> {
    let mut file = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let head = file.headers().map_err(|error| vec![(1, error.to_string())])?.clone();
    let column = |name: &str| head.iter().position(|title| title.trim_start_matches('\u{feff}') == name);
    let (Some(code), Some(name)) = (column("code"), column("name")) else {
        return Err(vec![(1, "the first line must name the columns code and name".to_owned())]);
    };
    let mut units = BTreeMap::new();
    let mut wrong = Vec::new();
    for record in file.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                wrong.push((error.position().map_or(0, csv::Position::line), error.to_string()));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let field = |at: usize| record.get(at).unwrap_or_default();
        match (UnitCode::parse(field(code)), PublicName::parse(field(name))) {
            (Err(error), _) => wrong.push((line, format!("{:?}: {error}", field(code)))),
            (Ok(_), None) => wrong.push((line, "a name is 1 to 120 characters without control characters".to_owned())),
            (Ok(unit), Some(name)) => {
                let twice = format!("{unit} stands in the file twice");
                if units.insert(unit, name).is_some() {
                    wrong.push((line, twice));
                }
            }
        }
    }
    if wrong.is_empty() { Ok(units) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_wrong_line_is_told() {
        let file = "code,name\n13,Sumatera Barat\n13.7,x\n13.71,\"\"\n13,Sumbar\n14.71,a,b\nkl,K\n";
        let lines: Vec<u64> = read(file.as_bytes()).unwrap_err().into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7]);
        assert_eq!(read(b"unit,name\n13,x\n").unwrap_err()[0].0, 1);
        assert_eq!(read(b"").unwrap_err()[0].0, 1);
        assert!(read(b"code,name\n13,\xff\n").is_err());
    }

    #[test]
    fn units_of_the_repository_cannot_be_read() {
        let units = read(include_bytes!("../../data/units.csv")).unwrap();
        assert!(units.len() > 100);
        let name = units.get(&UnitCode::parse("13.bmcktr").unwrap()).unwrap();
        assert!(name.as_str().contains(", Cipta Karya"));
        let bom = read("\u{feff}name,code\nKota Padang,13.71\n".as_bytes()).unwrap();
        assert!(bom.contains_key(&UnitCode::parse("13.71").unwrap()));
    }

    #[test]
    fn what_is_listed_already_is_listed_again() {
        let units = read(b"code,name\n13,Sumatera Barat\n").unwrap();
        let (changes, renamed) = wanted(units, &Registry::default());
        assert_eq!((changes.len(), renamed), (1, 0));
    }
}
