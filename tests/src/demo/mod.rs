//! The demo: a federation of real processes lives through a morning, tells its stories as timelines, and has its books checked.

mod cases;
mod stories;
mod units;
mod walk;

use std::path::{Path, PathBuf};

use lintas::domain::{NodeId, UnitCode};
use lintas::runtime::{Clock as _, Pace, SystemClock};
use lintas::store::database::{Database, Place};
use lintas::store::postgres::Address;

use crate::check::{Report, check};
use crate::federation::Federation;

pub use cases::{Case, Cases};

/// The demo's nodes, and the names that they are enrolled under.
pub const NODES: &[(&str, &str)] = &[
    ("id", "Admin Nasional SP4N-LAPOR!"),
    ("13", "Pemerintah Provinsi Sumatera Barat"),
    ("13.71", "Pemerintah Kota Padang"),
    ("kl.pu", "Kementerian Pekerjaan Umum"),
];

/// Where the repository's data lie.
#[must_use]
pub fn data_folder() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    repository.join("data")
}

/// Founds and starts the demo's federation in a folder; the hub's database is there, too, unless one elsewhere is named.
///
/// # Errors
/// If a command is refused or a process does not come up.
pub async fn found(folder: &Path, database: Option<String>) -> anyhow::Result<Federation> {
    let units = units::of_hub(folder)?;
    let mut federation = Federation::found_as("latihan.lapor.test", folder, &units, NODES, database).await?;
    // Its clock can be moved on, so that silence is seen to climb.
    let clock = clock(folder);
    Pace::real(SystemClock.now()).write(&clock)?;
    federation.set_variable("LINTAS_PRACTICE_CLOCK", &clock.display().to_string());
    federation.start().await?;
    units::declare(&federation, folder).await?;
    Ok(federation)
}

/// The file that sets the clock of the demo's federation.
fn clock(folder: &Path) -> PathBuf {
    folder.join("clock")
}

/// Lives through the stories; prints as it goes.
///
/// # Errors
/// If something is refused that should not be, or does not happen.
pub async fn live(federation: &mut Federation) -> anyhow::Result<()> {
    let clock = clock(federation.folder());
    let cases = Cases::read(&data_folder().join("demo/complaints.toml"))?;
    stories::tell(federation, &cases, &clock).await
}

/// Checks the books of a federation that is at rest or has ended: every database below its folder, from its raw events.
///
/// # Errors
/// If a database cannot be read.
pub async fn audit(folder: &Path) -> anyhow::Result<Report> {
    let hub = Database::open_beside(&hub_database(&folder.join("hub"))?).await?;
    let mut nodes = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(code) = name.strip_prefix("node-") else { continue };
        let store = Database::open_beside(&Place::File(entry.path().join("node.db"))).await?;
        nodes.push((NodeId::Node(UnitCode::parse(code)?), store));
    }
    let report = check(&hub, &nodes).await;
    hub.close().await;
    for (_, store) in nodes {
        store.close().await;
    }
    Ok(report?)
}

/// Where the hub of a folder has its database, by its settings.
///
/// # Errors
/// If they cannot be read.
pub fn hub_database(hub: &Path) -> anyhow::Result<Place> {
    let settings: toml::Table = std::fs::read_to_string(hub.join("hub.toml"))?.parse()?;
    let text = |key: &str| settings.get(key).and_then(toml::Value::as_str).unwrap_or_default();
    if !Address::is_one(text("database")) {
        return Ok(Place::File(hub.join(text("database"))));
    }
    let address = Address::parse(text("database")).map_err(anyhow::Error::msg)?;
    let password = std::fs::read_to_string(hub.join(text("database_password_file")))?;
    Ok(Place::Server(address.with_password(&password)))
}
