//! Backups of a node: made while it runs, checked, put back. How that is done is the library's; here it is put together.

use std::path::{Path, PathBuf};

use lintas::care::arguments::{Backup, BackupCommand, Restore};
use lintas::care::restore::Fresh;
use lintas::care::telling::{self, Answer, Restored};
use lintas::care::{BackupError, Examined, Expected, Order, Reason, Scratch, examine, make, names, own_key, put_keys};
use lintas::desk::socket::SocketError;
use lintas::identity::files;
use lintas::runtime::{Clock as _, SystemClock};
use lintas::store::sqlite::{SqliteSource, install};
use lintas::words::Language;

use crate::cli::Common;
use crate::estate::{estate, keys};
use crate::failure::Failure;
use crate::output::progress;
use crate::run::{open_socket, owner};
use crate::settings::{Settings, file_of};

/// Makes a backup, or checks one.
///
/// # Errors
/// If there is none then, or it is not believed.
pub(crate) async fn backup(common: &Common, asked: &Backup, lang: Language) -> Result<Answer, Failure> {
    if let Some(BackupCommand::Verify { file }) = &asked.command {
        let settings = Settings::if_there(common)?;
        let scratch = settings.as_ref().map_or_else(std::env::temp_dir, |settings| settings.data.clone());
        let examined = examined(file, settings.as_ref(), &scratch, common, lang).await?;
        return Ok(telling::sound(file, &examined, lang));
    }
    let settings = Settings::load(common)?;
    let estate = estate(&settings)?;
    let source = SqliteSource::open(&settings.database).await?;
    let order = Order {
        file: asked.file.clone(),
        with_keys: asked.with_keys,
        reason: Reason::Asked,
        now: SystemClock.timestamp(),
    };
    let made = make(&source, &estate, &order, &progress(common.json, lang)).await?;
    if asked.verify {
        examined(&made.path, Some(&settings), &settings.data, common, lang).await?;
    }
    let mut pruned = None;
    if let Some(keep) = asked.keep {
        let (folder, node) = (estate.backups(), &estate.owner.node);
        let removed = names::prune(&folder, node, usize::from(keep), &made.path, order.now);
        let removed = removed.map_err(BackupError::io(&folder))?;
        pruned = Some((removed.len(), keep));
    }
    Ok(telling::made(&made, &keys_folder(&settings).display().to_string(), pruned, asked.verify, lang))
}

/// Verifies a backup and puts it in the place of what is there.
///
/// # Errors
/// If it is not believed, a node runs, or there is a database that is not to be replaced; then nothing was changed.
pub(crate) async fn restore(common: &Common, asked: &Restore, lang: Language) -> Result<Answer, Failure> {
    let data = &common.data;
    let there = Settings::if_there(common)?;
    // Held so that no node serves meanwhile.
    let _socket = there.as_ref().map(alone).transpose()?;
    if let Some(settings) = &there {
        refuse_in_place(settings, asked)?;
    }
    let fresh = Fresh::make(data)?;
    let examined = examined(&asked.file, there.as_ref(), data, common, lang).await?;
    let settings = match &there {
        Some(settings) => settings.clone(),
        None => Settings::of_text(&examined.settings, common)?,
    };
    refuse_in_place(&settings, asked)?;
    let stamp = names::stamp(SystemClock.timestamp());
    let aside = asked.replace.then(|| with_end(&settings.database, &format!(".replaced-{stamp}")));
    let kept = aside.clone().filter(|_| settings.database.exists());
    let missing = put_keys(&examined, &keys(&settings))?;
    install(&examined.database, &settings.database, aside.as_deref()).map_err(BackupError::from)?;
    let file = file_of(common);
    if there.is_none() {
        // Last, so that a folder with settings is a whole one.
        files::write_public(&file, &examined.settings)?;
    }
    fresh.keep();
    let restored = Restored {
        data: &data.display().to_string(),
        aside: kept.map(|path| path.display().to_string()),
        settings: there.is_none().then(|| file.display().to_string()),
        keys: examined.manifest.keys,
        missing,
        keys_folder: keys_folder(&settings).display().to_string(),
        linked: settings.hub.is_some(),
    };
    Ok(telling::restored(&asked.file, &examined, &restored, lang))
}

/// Verifies a backup against the folder that it is for, if there is one.
async fn examined(
    file: &Path,
    settings: Option<&Settings>,
    scratch: &Path,
    common: &Common,
    lang: Language,
) -> Result<Examined, Failure> {
    let mut expected = Expected::default();
    if let Some(settings) = settings {
        expected.owner = Some(owner(settings));
        expected.hub = settings.hub.as_ref().map(|hub| hub.key);
        expected.own = own_key(&settings.signing_key)?;
    }
    let scratch = Scratch::make(scratch)?;
    Ok(examine(file, &expected, scratch, &progress(common.json, lang)).await?)
}

fn refuse_in_place(settings: &Settings, asked: &Restore) -> Result<(), BackupError> {
    if settings.database.exists() && !asked.replace {
        return Err(BackupError::InPlace(settings.database.display().to_string()));
    }
    Ok(())
}

fn alone(settings: &Settings) -> Result<lintas::desk::socket::DeskSocket, Failure> {
    match open_socket(settings) {
        Err(Failure::Socket(SocketError::Taken(_))) => {
            Err(BackupError::Running(settings.data.display().to_string()).into())
        }
        other => other,
    }
}

fn keys_folder(settings: &Settings) -> PathBuf {
    settings.signing_key.parent().map(Path::to_owned).unwrap_or_default()
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
