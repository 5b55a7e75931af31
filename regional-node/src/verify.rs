//! Checks the node's database: journal, seals, receipts, and every complaint against its events. It opens for reading only;
//! the checks themselves are the library's audit, which is to be called here.

use lintas::runtime::Exit;
use lintas::store::sqlite::SqliteStore;

use crate::failure::Failure;
use crate::run::owner;
use crate::settings::Settings;

/// Opens the database for reading and has it audited.
///
/// # Errors
/// If the database cannot be read, is another node's, or there is no audit in this build.
pub(crate) async fn verify(settings: &Settings, _json: bool) -> Result<Exit, Failure> {
    let store = SqliteStore::open_read_only(&settings.database).await?;
    let found = lintas::store::Store::owner(&store).await?;
    store.close().await;
    let whose = if found == owner(settings) { "" } else { ", and the database is another node's" };
    Err(Failure::Recovery(format!("this build has no audit to verify with{whose}")))
}
