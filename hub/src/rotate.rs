//! A new authority in the place of the old one: both are trusted until a date, and the serving hub ends it by itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use lintas::domain::Timestamp;
use lintas::identity::authority::LIFETIME_DEFAULT;
use lintas::identity::rotation::Rotation;
use lintas::identity::{Reloadable, ServerTls};
use lintas::runtime::{Clock as _, OnFailure, OsEntropy, SystemClock, Tasks, random_bytes};
use lintas::words::{day, iso};
use serde_json::json;
use tokio::time::sleep;
use zeroize::Zeroizing;

use crate::cli::RotateAuthority;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// How often a serving hub looks whether the date has come.
const LOOK_EVERY: Duration = Duration::from_mins(1);

fn rotation(settings: &Settings) -> Rotation<'_> {
    Rotation { folder: &settings.authority, hub: &settings.tls, federation: &settings.federation }
}

/// Begins to exchange the authority.
///
/// # Errors
/// If the date is none, one is being exchanged, or a file cannot be written.
pub(crate) fn rotate(settings: &Settings, arguments: &RotateAuthority, voice: Voice) -> Result<(), Failure> {
    let now = SystemClock.timestamp();
    let until = read_day(&arguments.until)
        .filter(|until| *until > now)
        .ok_or_else(|| Failure::Argument { argument: "--until", cause: voice.say("hub.no-such-day", &[]) })?;
    let seed = Zeroizing::new(random_bytes::<32>(&OsEntropy));
    rotation(settings).begin(now, until, LIFETIME_DEFAULT, (&seed, random_bytes(&OsEntropy)))?;
    let until_day = day(until, voice.language);
    let value = json!({ "until": iso(until), "authority": settings.tls.authority.display().to_string() });
    voice.answer(&value, &voice.say("hub.rotating", &[("until", &until_day)]));
    Ok(())
}

/// The first moment of a day, UTC.
fn read_day(text: &str) -> Option<Timestamp> {
    lintas::words::read_day(text)
}

/// Ends an exchange once its date has come, as long as the hub serves; certificates are then read again.
pub(crate) fn look_after(settings: &Settings, tls: Arc<Reloadable<ServerTls>>, tasks: &Tasks) {
    let (settings, stop) = (settings.clone(), tasks.stopping());
    tasks.spawn("authority", OnFailure::Log, async move {
        loop {
            let (settings, tls) = (settings.clone(), Arc::clone(&tls));
            let looked =
                tokio::task::spawn_blocking(move || match rotation(&settings).finish(SystemClock.timestamp()) {
                    Ok(true) => match tls.reload() {
                        Ok(_) => tracing::info!("the old authority is trusted no more"),
                        Err(error) => tracing::error!(%error, "the new certificate cannot be used"),
                    },
                    Ok(false) => {}
                    Err(error) => tracing::error!(%error, "the exchange of the authority cannot be ended"),
                });
            let _ = looked.await;
            tokio::select! {
                () = stop.cancelled() => return Ok::<(), Infallible>(()),
                () = sleep(LOOK_EVERY) => {}
            }
        }
    });
}
