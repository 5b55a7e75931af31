//! Finds the project's sources and where in the module tree each stands. It judges nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// A crate whose modules have rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Krate {
    /// The shared library.
    Library,
    /// The hub's program.
    Hub,
    /// The node's program.
    Node,
}

impl Krate {
    /// The crates by their name in a path and the folder of their sources.
    pub(crate) const ALL: [(Self, &str, &str); 3] = [
        (Self::Library, "lintas", "src"),
        (Self::Hub, "lintas_hub", "hub/src"),
        (Self::Node, "lintas_node", "regional-node/src"),
    ];

    /// The name other crates use.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(krate, _, _)| *krate == self).map_or("", |(_, name, _)| name)
    }
}

/// One source file.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Its path from the top of the repository.
    pub(crate) path: String,
    /// Its crate.
    pub(crate) krate: Krate,
    /// Its module, from the crate's root.
    pub(crate) module: Vec<String>,
    /// Its text.
    pub(crate) text: String,
}

impl Source {
    /// The file of a crate that would stand at `path`, or none if no crate has files there.
    pub(crate) fn new(path: &str, text: &str) -> Option<Self> {
        let (krate, within) = Krate::ALL.iter().find_map(|(krate, _, folder)| {
            Some((*krate, path.strip_prefix(folder)?.strip_prefix('/')?.strip_suffix(".rs")?))
        })?;
        let mut module: Vec<String> = within.split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod") || ["main", "lib"].contains(&within) {
            module.pop();
        }
        Some(Self { path: path.to_owned(), krate, module, text: text.to_owned() })
    }
}

/// The top of the repository.
pub(crate) fn top() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_owned()
}

/// Every file below `folder` whose name ends in `.rs`, in order, as (path from the top, text).
pub(crate) fn rust_files(folder: &str) -> Vec<(String, String)> {
    let top = top();
    let mut waiting = vec![top.join(folder)];
    let mut found = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            waiting.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("target")));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((path.strip_prefix(&top).unwrap().to_string_lossy().into_owned(), text));
        }
    }
    found.sort();
    found
}

/// Every source of the crates that have rules.
pub(crate) fn sources() -> Vec<Source> {
    Krate::ALL
        .iter()
        .flat_map(|(_, _, folder)| rust_files(folder))
        .filter_map(|(path, text)| Source::new(&path, &text))
        .collect()
}
