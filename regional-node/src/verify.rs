//! Checks the node's database: journal, seals, receipts, and every complaint against its events. Opened for reading only.

use lintas::runtime::Exit;

use crate::failure::Failure;
use crate::settings::Settings;

pub(crate) async fn verify(settings: &Settings, json: bool) -> Result<Exit, Failure> {
    let _ = (settings, json);
    Ok(Exit::NotDone)
}
