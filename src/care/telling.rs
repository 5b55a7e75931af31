//! What is said of backups made, checked and restored, for people and for machines; the same on hub and node. It only says.

use std::path::Path;

use serde_json::{Value, json};

use super::archive::Manifest;
use super::backup::Made;
use super::error::mebibytes;
use super::restore::Examined;
use crate::words::{Language, say};

/// What a command answers: for machines, and for people.
pub type Answer = (Value, String);

/// A backup was made. `keys` is what must be kept apart if they are not in it; `pruned` what was removed, and how many
/// were to stay.
#[must_use]
pub fn made(made: &Made, keys: &str, pruned: Option<(usize, u16)>, verified: bool, language: Language) -> Answer {
    let manifest = &made.manifest;
    let path = made.path.display().to_string();
    let value = json!({
        "file": path, "bytes": made.bytes, "manifest": manifest, "verified": verified,
        "pruned": pruned.map_or(0, |(count, _)| count),
    });
    let [journal, complaints, events] = figures(manifest);
    let facts = [
        ("path", &*path),
        ("bytes", &mebibytes(made.bytes)),
        ("journal", &journal),
        ("complaints", &complaints),
        ("events", &events),
    ];
    let mut lines = vec![say("backup.made", language, &facts)];
    if verified {
        lines.push(sound_line(&made.path, manifest, language));
    }
    if let Some((count, kept)) = pruned.filter(|(count, _)| *count > 0) {
        let facts = [("count", &*count.to_string()), ("kept", &kept.to_string())];
        lines.push(say("backup.pruned", language, &facts));
    }
    lines.push(if manifest.keys {
        say("backup.with-keys", language, &[("node", &manifest.node)])
    } else {
        say("backup.without-keys", language, &[("folder", keys)])
    });
    (value, lines.join("\n"))
}

/// A backup is whole, and so is its database.
#[must_use]
pub fn sound(path: &Path, examined: &Examined, language: Language) -> Answer {
    let value = json!({
        "file": path.display().to_string(), "sound": true, "manifest": examined.manifest,
        "checked": examined.report.checked, "own_key_compared": examined.own_key_compared,
    });
    let mut lines = vec![sound_line(path, &examined.manifest, language), examined.report.render(language)];
    lines.extend(uncompared(examined, language));
    (value, lines.join("\n"))
}

/// That the signing key was not there to be compared.
fn uncompared(examined: &Examined, language: Language) -> Option<String> {
    (!examined.own_key_compared).then(|| say("backup.key-not-compared", language, &[]))
}

fn sound_line(path: &Path, manifest: &Manifest, language: Language) -> String {
    let [journal, ..] = figures(manifest);
    let facts = [
        ("path", &*path.display().to_string()),
        ("node", &manifest.node),
        ("federation", &manifest.federation),
        ("made", &when(manifest)),
        ("journal", &journal),
    ];
    say("backup.sound", language, &facts)
}

/// A database was backed up before it is brought up to date.
#[must_use]
pub fn before_migration(made: &Made, to: i64, language: Language) -> String {
    let facts = [
        ("from", &*made.manifest.schema.to_string()),
        ("to", &to.to_string()),
        ("path", &made.path.display().to_string()),
    ];
    say("backup.before-migration", language, &facts)
}

/// What was put back, besides the database.
#[derive(Clone, Debug, Default)]
pub struct Restored<'a> {
    /// The folder.
    pub data: &'a str,
    /// Where the database that was there is now.
    pub aside: Option<String>,
    /// The settings file, if it was restored.
    pub settings: Option<String>,
    /// Whether keys were in the backup.
    pub keys: bool,
    /// How many key and certificate files are missing now, and where they belong.
    pub missing: usize,
    /// Where keys belong.
    pub keys_folder: String,
    /// Whether the node has a hub; always so for a hub.
    pub linked: bool,
}

/// A backup was put back; what comes next.
#[must_use]
pub fn restored(path: &Path, examined: &Examined, restored: &Restored, language: Language) -> Answer {
    let manifest = &examined.manifest;
    let [journal, complaints, events] = figures(manifest);
    let (made, from) = (when(manifest), path.display().to_string());
    let next = match (examined.owner.node.is_hub(), restored.linked) {
        (true, _) => "restore.next-hub",
        (false, true) => "restore.next-node",
        (false, false) => "restore.next-node-alone",
    };
    let said = |code: &str, facts: &[(&str, &str)]| say(code, language, facts);
    let facts =
        [("path", &*from), ("made", &made), ("journal", &journal), ("complaints", &complaints), ("events", &events)];
    let mut lines = vec![said("restore.done", &facts)];
    lines.extend(restored.aside.as_ref().map(|aside| said("restore.aside", &[("path", aside)])));
    lines.extend(restored.settings.as_ref().map(|settings| said("restore.settings", &[("path", settings)])));
    if restored.keys {
        lines.push(said("restore.keys", &[]));
    }
    lines.extend(uncompared(examined, language));
    if restored.missing > 0 {
        let facts = [("count", &*restored.missing.to_string()), ("folder", &restored.keys_folder)];
        lines.push(said("restore.keys-missing", &facts));
    }
    lines.push(said(next, &[("folder", restored.data), ("made", &made)]));
    if restored.linked {
        lines.push(said("restore.erased", &[("made", &made)]));
    }
    let value = json!({
        "file": from, "manifest": manifest, "checked": examined.report.checked, "aside": restored.aside,
        "settings": restored.settings, "keys": restored.keys, "keys_missing": restored.missing,
        "own_key_compared": examined.own_key_compared,
        "next": if examined.owner.node.is_hub() { "run" } else if restored.linked { "recover" } else { "run" },
    });
    (value, lines.join("\n"))
}

fn figures(manifest: &Manifest) -> [String; 3] {
    [manifest.position().to_string(), manifest.complaints.to_string(), manifest.events.to_string()]
}

/// When it was made, in UTC: whoever reads it may be anywhere.
fn when(manifest: &Manifest) -> String {
    let time = jiff::Timestamp::from_microsecond(manifest.created_micros);
    time.map_or_else(|_| manifest.created_micros.to_string(), |time| format!("{time:.0}"))
}
