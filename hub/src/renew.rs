//! A new certificate for the hub's own key, from its own authority. The key, and what nodes know of the hub, stay.

use std::time::Duration;

use lintas::identity::authority::LIFETIME_MAX;
use lintas::identity::rotation::{Rotation, RotationError};
use lintas::identity::{Authority, RequestedKey, TlsKey, files};
use lintas::runtime::{Clock as _, OsEntropy, SystemClock, random_bytes};
use lintas::words::day;
use serde_json::json;

use crate::cli::Renew;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// Certifies the hub's key anew and writes the certificate in the place of the old one; a running hub reads it when told to.
///
/// # Errors
/// If authority or key are not there, or a name is none.
pub(crate) fn renew(settings: &Settings, arguments: &Renew, voice: Voice) -> Result<(), Failure> {
    let now = SystemClock.timestamp();
    let rotation = Rotation { folder: &settings.authority, hub: &settings.tls, federation: &settings.federation };
    if let Some(until) = rotation.until()? {
        // Nodes that have not renewed yet know the old authority alone, and that one certifies no more.
        return Err(RotationError::UnderWay(until.0).into());
    }
    let authority = Authority::load(&settings.authority, &settings.federation)?;
    let key = RequestedKey::of(&TlsKey::load(&settings.tls.key)?)?;
    let life = Duration::from_hours(u64::from(arguments.days).saturating_mul(24)).min(LIFETIME_MAX);
    let issued = authority.issue_hub(&key, &arguments.dns, now, life, random_bytes(&OsEntropy))?;
    files::write_public(&settings.tls.certificate, issued.pem.as_bytes())?;
    let until = day(issued.not_after, voice.language);
    let path = settings.tls.certificate.display().to_string();
    let value = json!({ "certificate": path, "valid_until": lintas::words::iso(issued.not_after) });
    voice.answer(&value, &voice.say("hub.renewed", &[("until", &until), ("path", &path)]));
    Ok(())
}
