//! Backups of the hub: made while it runs, checked, put back. How that is done is the library's; here it is put together.

use std::path::Path;

use lintas::care::arguments::{Backup, BackupCommand, Restore};
use lintas::care::restore::Fresh;
use lintas::care::telling::{self, Restored};
use lintas::care::{
    BackupError, Examined, Expected, FolderLock, Order, Reason, Scratch, examine, make, names, own_key, put_keys,
};
use lintas::identity::files;
use lintas::runtime::{Clock as _, SystemClock, credentials};
use lintas::store::copy::place::{PlaceSource, in_use, is_there, put};
use lintas::store::database::Place;

use crate::cli::Common;
use crate::database::{owner, place, with_password};
use crate::estate::{PASSWORD, estate, keys};
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::{Settings, file_of};

/// Makes a backup, or checks one.
///
/// # Errors
/// If there is none then, or it is not believed.
pub(crate) async fn backup(common: &Common, asked: &Backup, voice: Voice) -> Result<(), Failure> {
    if let Some(BackupCommand::Verify { file }) = &asked.command {
        let settings = Settings::if_there(common)?;
        let scratch = settings.as_ref().map_or_else(std::env::temp_dir, |settings| settings.data.clone());
        let examined = examined(file, settings.as_ref(), &scratch, voice).await?;
        let (value, text) = telling::sound(file, &examined, voice.language);
        voice.answer(&value, &text);
        return Ok(());
    }
    let settings = Settings::load(common)?;
    let estate = estate(&settings)?;
    let source = PlaceSource::open(&place(&settings)?).await?;
    let order = Order {
        file: asked.file.clone(),
        with_keys: asked.with_keys,
        reason: Reason::Asked,
        now: SystemClock.timestamp(),
    };
    let made = make(&source, &estate, &order, &voice.progress()).await?;
    if asked.verify {
        examined(&made.path, Some(&settings), &settings.data, voice).await?;
    }
    let mut pruned = None;
    if let Some(keep) = asked.keep {
        let (folder, node) = (estate.backups(), &estate.owner.node);
        let removed = names::prune(&folder, node, usize::from(keep), &made.path, order.now);
        let removed = removed.map_err(BackupError::io(&folder))?;
        pruned = Some((removed.len(), keep));
    }
    let (value, text) = telling::made(&made, &keys_folders(&settings), pruned, asked.verify, voice.language);
    voice.answer(&value, &text);
    Ok(())
}

/// Verifies a backup and puts it in the place of what is there.
///
/// # Errors
/// If it is not believed, the hub runs, or there is a database that is not to be replaced; then nothing was changed.
pub(crate) async fn restore(common: &Common, asked: &Restore, voice: Voice) -> Result<(), Failure> {
    let data = &common.data;
    let there = Settings::if_there(common)?;
    // Held so that nobody uses the database meanwhile.
    let _lock = there.as_ref().map(|settings| FolderLock::alone(&settings.data)).transpose()?;
    if let Some(settings) = &there {
        refuse_in_place(&place(settings)?, asked).await?;
    }
    let fresh = Fresh::make(data)?;
    let examined = examined(&asked.file, there.as_ref(), data, voice).await?;
    let settings = match &there {
        Some(settings) => settings.clone(),
        None => Settings::of_text(&examined.settings, common)?,
    };
    let place = place_of(&settings, &examined)?;
    refuse_in_place(&place, asked).await?;
    let stamp = asked.replace.then(|| names::stamp(SystemClock.timestamp()));
    let missing = put_keys(&examined, &keys(&settings))?;
    let aside = put(&place, &examined.database, stamp.as_deref()).await.map_err(BackupError::from)?;
    let file = file_of(common);
    if there.is_none() {
        // Last, so that a folder with settings is a whole one.
        files::write_public(&file, &examined.settings)?;
    }
    fresh.keep();
    let restored = Restored {
        data: &data.display().to_string(),
        aside,
        settings: there.is_none().then(|| file.display().to_string()),
        keys: examined.manifest.keys,
        missing,
        keys_folder: keys_folders(&settings),
        linked: true,
    };
    let (value, text) = telling::restored(&asked.file, &examined, &restored, voice.language);
    voice.answer(&value, &text);
    Ok(())
}

/// Verifies a backup against the folder that it is for, if there is one.
async fn examined(file: &Path, settings: Option<&Settings>, scratch: &Path, voice: Voice) -> Result<Examined, Failure> {
    let mut expected = Expected::default();
    if let Some(settings) = settings {
        expected.owner = Some(owner(settings));
        expected.own = own_key(&settings.signing_key)?;
        expected.hub = expected.own;
    }
    let scratch = Scratch::make(scratch)?;
    Ok(examine(file, &expected, scratch, &voice.progress()).await?)
}

/// Where the database is to go. The password of a server may still be in the backup.
fn place_of(settings: &Settings, examined: &Examined) -> Result<Place, Failure> {
    let (Place::Server(address), Some(path)) = (&settings.database, &settings.database_password) else {
        return place(settings);
    };
    match examined.keys.iter().find(|(name, _)| name == PASSWORD) {
        Some((_, password)) if !path.exists() && !credentials::is_one(path) => with_password(address, password, path),
        Some(_) | None => place(settings),
    }
}

async fn refuse_in_place(place: &Place, asked: &Restore) -> Result<(), Failure> {
    if in_use(place).await? {
        return Err(BackupError::Running(place.to_string()).into());
    }
    if !asked.replace && is_there(place).await? {
        return Err(BackupError::InPlace(place.to_string()).into());
    }
    Ok(())
}

/// Where keys are that must be kept apart.
fn keys_folders(settings: &Settings) -> String {
    let keys = settings.signing_key.parent().unwrap_or(Path::new(""));
    format!("{}, {}", keys.display(), settings.authority.display())
}
