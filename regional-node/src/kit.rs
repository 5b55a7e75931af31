//! The recovery kit: made, confirmed as kept, and taken keys from. What is in it and how it is protected is the library's.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use lintas::identity::files::{self, FILE_BYTES_MAX};
use lintas::identity::kit::{self, KitError, Member};
use lintas::identity::{SecretsError, read_plain};
use lintas::runtime::{OsEntropy, random_bytes};
use lintas::words::{self, Language};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::{Common, Kit};
use crate::failure::Failure;
use crate::output::{say, say_json};
use crate::rotate;
use crate::settings::Settings;

/// The kit within the node's folder, until somebody takes it away.
const FILE_NAME: &str = "recovery-kit.txt";
/// Where it is noted which kit was made last, and whether somebody has said that it is kept.
const NOTE_NAME: &str = "recovery-kit.note";

/// The keys that go into a kit, by their names in it; those that are to follow among them, which may be in force already.
fn places(settings: &Settings) -> Vec<(&'static str, PathBuf)> {
    let present = [
        ("keys/signing.key", settings.signing_key.clone()),
        ("keys/sealing.key", settings.sealing_key.clone()),
        ("keys/storage.key", settings.storage_key.clone()),
    ];
    let next = rotate::places(settings).into_iter().zip(["keys/signing.key.next", "keys/sealing.key.next"]);
    let next = next.map(|(path, name)| (name, path)).filter(|(_, path)| path.exists());
    present.into_iter().chain(next).collect()
}

/// Makes a kit, confirms one, or takes keys from one.
///
/// # Errors
/// If a key is missing, the kit is there already, or it does not open.
pub(crate) fn kit(common: &Common, asked: &Kit, lang: Language) -> Result<(), Failure> {
    let settings = Settings::load(common)?;
    if let Some(code) = &asked.confirm {
        return confirm(&settings, code, lang);
    }
    if let Some(path) = &asked.open {
        return restore(&settings, path, asked.passphrase_file.as_deref(), lang);
    }
    let made = make(&settings, asked.out.clone(), lang)?;
    if common.json {
        say_json(&json!({ "kit": made.path, "passphrase": *made.passphrase, "code": made.code }));
    } else {
        say(&made.told(lang));
    }
    Ok(())
}

/// A kit that was made.
pub(crate) struct Made {
    pub(crate) path: String,
    pub(crate) passphrase: Zeroizing<String>,
    pub(crate) code: String,
}

impl Made {
    /// What to tell of it: the one time that the passphrase is shown.
    pub(crate) fn told(&self, lang: Language) -> String {
        let facts = [("path", self.path.as_str()), ("passphrase", self.passphrase.as_str())];
        ["kit.made", "kit.passphrase", "kit.then-confirm"].map(|code| words::say(code, lang, &facts)).join("\n")
    }
}

/// Makes a kit of the keys as they are now.
///
/// # Errors
/// If a key is missing, or the kit is there already.
pub(crate) fn make(settings: &Settings, out: Option<PathBuf>, lang: Language) -> Result<Made, Failure> {
    let path = out.unwrap_or_else(|| settings.data.join(FILE_NAME));
    let members = places(settings)
        .into_iter()
        .map(|(name, path)| Ok::<Member, SecretsError>((name.to_owned(), read_plain(&path)?)))
        .collect::<Result<Vec<_>, _>>()?;
    let passphrase = kit::passphrase(&random_bytes(&OsEntropy));
    let head =
        words::say("kit.head", lang, &[("node", settings.node.as_str()), ("federation", settings.federation.as_str())]);
    let text = kit::make(&head, &members, &passphrase, random_bytes(&OsEntropy), random_bytes(&OsEntropy))?;
    let code = kit::code(&text)?;
    let text = format!("{text}{}\n", words::say("kit.code", lang, &[("code", &code)]));
    files::create_secret(&path, text.as_bytes())?;
    files::write_public(&settings.data.join(NOTE_NAME), format!("{code}\n").as_bytes())?;
    Ok(Made { path: path.display().to_string(), passphrase, code })
}

/// Makes a kit unless one was made.
///
/// # Errors
/// As [`make`].
pub(crate) fn make_first(settings: &Settings, lang: Language) -> Result<Option<Made>, Failure> {
    if settings.data.join(NOTE_NAME).exists() { Ok(None) } else { make(settings, None, lang).map(Some) }
}

/// Notes that the newest kit no longer holds the keys that count.
pub(crate) fn outdated(settings: &Settings) {
    // Only a reminder hangs on it.
    let _ = fs::remove_file(settings.data.join(NOTE_NAME));
}

/// What to remind of: that no kit was made, or that nobody has said that it is kept. None if all is well.
pub(crate) fn reminder(settings: &Settings, lang: Language) -> Option<String> {
    let note = fs::read_to_string(settings.data.join(NOTE_NAME)).unwrap_or_default();
    match note.lines().nth(1) {
        Some("kept") => None,
        _ if note.is_empty() => Some(words::say("kit.none", lang, &[])),
        _ => Some(words::say("kit.unconfirmed", lang, &[])),
    }
}

fn confirm(settings: &Settings, code: &str, lang: Language) -> Result<(), Failure> {
    let path = settings.data.join(NOTE_NAME);
    let note = fs::read_to_string(&path).unwrap_or_default();
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() || note.lines().next() != Some(digits.as_str()) {
        return Err(Failure::Argument(words::say("kit.other-code", lang, &[])));
    }
    files::write_public(&path, format!("{digits}\nkept\n").as_bytes())?;
    let lies_here = settings.data.join(FILE_NAME).exists();
    say(&words::say(if lies_here { "kit.kept-here" } else { "kit.kept" }, lang, &[]));
    Ok(())
}

/// Puts the keys of a kit where they belong, as far as there are none.
fn restore(settings: &Settings, path: &Path, passphrase: Option<&Path>, lang: Language) -> Result<(), Failure> {
    let text = String::from_utf8(files::read_public(path)?).map_err(|_| KitError::Unreadable)?;
    let passphrase = match passphrase {
        Some(path) => String::from_utf8(files::read_secret(path)?.to_vec()).map(Zeroizing::new),
        None => Ok(typed()?),
    };
    let passphrase = passphrase.map_err(|_| KitError::Passphrase)?;
    let members = kit::open(&text, &passphrase)?;
    let mut count = 0_usize;
    for (name, bytes) in members {
        let known = ["signing.key", "sealing.key", "storage.key", "signing.key.next", "sealing.key.next"];
        let Some(file) = name.strip_prefix("keys/").filter(|file| known.contains(file)) else { continue };
        let path = match file {
            "signing.key" => settings.signing_key.clone(),
            "sealing.key" => settings.sealing_key.clone(),
            "storage.key" => settings.storage_key.clone(),
            next => settings.data.join("keys").join(next),
        };
        if path.exists() {
            continue;
        }
        if let Some(folder) = path.parent() {
            files::make_folder(folder)?;
        }
        files::create_secret(&path, &bytes)?;
        count = count.saturating_add(1);
    }
    say(&words::say("kit.opened", lang, &[("count", &count.to_string())]));
    Ok(())
}

/// What comes by standard input.
fn typed() -> Result<Zeroizing<String>, Failure> {
    let mut typed = Zeroizing::new(String::new());
    let most = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let read = std::io::stdin().take(most).read_to_string(&mut typed);
    read.map(|_| typed).map_err(|cause| Failure::Write { path: "-".to_owned(), cause })
}
