//! What backups are called, and which of them are old. A name tells whose it is and when it was made; only what bears such a name
//! is ever pruned.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::domain::{NodeId, Timestamp};

/// Seconds that a backup may seem to lie ahead: clocks are set back a little, and summer time ends.
const AHEAD_SECONDS: i64 = 86_400;
const ENDING: &str = ".tar";
const TIME: &str = "%Y%m%dT%H%M%SZ";

/// What the name of a backup says.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Dated {
    /// When it was made.
    pub made: Timestamp,
    /// The schema before a migration, if that was the reason.
    pub schema: Option<i64>,
    /// The file.
    pub path: PathBuf,
}

/// The name of a backup of `node` made at `now`; with the schema's number if it is made before a migration.
#[must_use]
pub fn name(node: &NodeId, now: Timestamp, schema: Option<i64>) -> String {
    let schema = schema.map(|schema| format!("-schema-{schema}")).unwrap_or_default();
    format!("{}{}{schema}{ENDING}", beginning(node), stamp(now))
}

/// A time as it stands in a name, in UTC to the second.
#[must_use]
pub fn stamp(time: Timestamp) -> String {
    jiff::Timestamp::from_microsecond(time.0)
        .map_or_else(|_| time.0.to_string(), |time| time.strftime(TIME).to_string())
}

fn beginning(node: &NodeId) -> String {
    if node.is_hub() { "lintas-hub-".to_owned() } else { format!("lintas-node-{node}-") }
}

/// What a name says, if it is one that [`name`] gives a backup of `node`.
fn read(node: &NodeId, name: &str) -> Option<(Timestamp, Option<i64>)> {
    let rest = name.strip_prefix(&beginning(node))?.strip_suffix(ENDING)?;
    let (time, schema) = match rest.split_once("-schema-") {
        Some((time, schema)) => (time, Some(schema.parse().ok()?)),
        None => (rest, None),
    };
    let time = jiff::tz::TimeZone::UTC.to_timestamp(jiff::civil::DateTime::strptime(TIME, time).ok()?).ok()?;
    Some((Timestamp(time.as_microsecond()), schema))
}

/// The backups of `node` in a folder, the newest first; none if there is no folder.
///
/// # Errors
/// If the folder cannot be read.
pub fn backups(folder: &Path, node: &NodeId) -> io::Result<Vec<Dated>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if let Some((made, schema)) = entry.file_name().to_str().and_then(|name| read(node, name)) {
            found.push(Dated { made, schema, path: entry.path() });
        }
    }
    found.sort_unstable_by(|one, other| other.cmp(one));
    Ok(found)
}

/// The latest time at which a backup can have been made that is there at `now`.
#[must_use]
pub const fn latest(now: Timestamp) -> Timestamp {
    now.plus_seconds(AHEAD_SECONDS)
}

/// Removes the older backups of `node` in a folder so that `keep` stay, and returns what was removed. `made` is the one that was
/// made just now, at `now`: it stays, whatever the names of the others say. Those made before a migration, those that seem to come
/// from the future, and whatever has another name, are left alone and not counted.
///
/// # Errors
/// If the folder cannot be read or a file cannot be removed.
pub fn prune(folder: &Path, node: &NodeId, keep: usize, made: &Path, now: Timestamp) -> io::Result<Vec<PathBuf>> {
    let others = backups(folder, node)?.into_iter().filter(|backup| {
        backup.schema.is_none() && backup.made <= latest(now) && backup.path.file_name() != made.file_name()
    });
    let old: Vec<PathBuf> = others.skip(keep.saturating_sub(1)).map(|backup| backup.path).collect();
    for path in &old {
        fs::remove_file(path)?;
    }
    Ok(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;
    const NOW: Timestamp = Timestamp(1_795_712_444_000_000);

    fn node(code: &str) -> NodeId {
        NodeId::parse(code).unwrap()
    }

    #[test]
    fn name_cannot_be_read_back() {
        for code in ["hub", "13.71", "kl.pu"] {
            for schema in [None, Some(5)] {
                assert_eq!(read(&node(code), &name(&node(code), NOW, schema)), Some((NOW, schema)));
            }
        }
        assert_eq!(name(&node("13.71"), NOW, None), "lintas-node-13.71-20261126T170044Z.tar");
        assert_eq!(read(&node("13"), &name(&node("13.71"), NOW, None)), None);
        for wrong in ["lintas-hub-.tar", "lintas-hub-20261126T170044Z.tar.part", "lintas-hub-20261326T170044Z.tar"] {
            assert_eq!(read(&node("hub"), wrong), None, "{wrong}");
        }
    }

    #[test]
    fn pruning_takes_the_newest_or_what_is_not_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let padang = node("13.71");
        let at = |days: i64| Timestamp(NOW.0 + days * DAY);
        let mine: Vec<String> = (0..5).map(|days| name(&padang, at(days), None)).collect();
        let others = [
            name(&node("13"), NOW, None),
            name(&padang, NOW, Some(4)),
            "lintas-node-13.71-by-hand.tar".to_owned(),
            "notes.txt".to_owned(),
        ];
        for name in mine.iter().chain(&others) {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let mut gone = prune(dir.path(), &padang, 2, &dir.path().join(&mine[4]), at(4)).unwrap();
        gone.sort();
        assert_eq!(gone, mine[..3].iter().map(|name| dir.path().join(name)).collect::<Vec<_>>());
        for name in mine[3..].iter().chain(&others) {
            assert!(dir.path().join(name).exists(), "{name}");
        }
        assert_eq!(backups(dir.path(), &padang).unwrap()[0].made, at(4));
        assert_eq!(backups(&dir.path().join("none"), &padang).unwrap(), Vec::new());
    }

    #[test]
    fn clock_that_was_ahead_makes_pruning_take_the_one_just_made() {
        let dir = tempfile::tempdir().unwrap();
        let hub = node("hub");
        let at = |days: i64| Timestamp(NOW.0 + days * DAY);
        // Made while the clock was a year ahead; then it was set right.
        let ahead: Vec<String> = (365..368).map(|days| name(&hub, at(days), None)).collect();
        let mut mine = Vec::new();
        for name in &ahead {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        for day in 0..4 {
            let made = dir.path().join(name(&hub, at(day), None));
            fs::write(&made, "x").unwrap();
            prune(dir.path(), &hub, 2, &made, at(day)).unwrap();
            assert!(made.exists(), "the one just made is gone");
            mine.push(made);
        }
        assert_eq!(mine.iter().map(|path| path.exists()).collect::<Vec<_>>(), [false, false, true, true]);
        assert!(ahead.iter().all(|name| dir.path().join(name).exists()));
        // A clock that goes back by hours.
        let made = dir.path().join(name(&hub, Timestamp(at(3).0 - DAY / 2), None));
        fs::write(&made, "x").unwrap();
        prune(dir.path(), &hub, 1, &made, Timestamp(at(3).0 - DAY / 2)).unwrap();
        assert!(made.exists() && !mine[3].exists());
    }
}
