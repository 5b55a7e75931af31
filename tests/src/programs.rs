//! The two programs as files: built once a process, or taken from where `LINTAS_BIN_DIR` points. It starts neither.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use thiserror::Error;

/// The environment variable that names a folder with both programs, built beforehand.
pub const BIN_DIR_VARIABLE: &str = "LINTAS_BIN_DIR";

/// Why there is no program to run.
#[derive(Clone, Debug, Error)]
pub enum ProgramsError {
    /// Cargo could not be started.
    #[error("cargo cannot be started: {0}")]
    Start(String),
    /// The programs do not build.
    #[error("the programs do not build:\n{0}")]
    Build(String),
    /// A program is not where it should be.
    #[error("there is no {name} in {place}: build it first")]
    Missing {
        /// The program.
        name: &'static str,
        /// Where it was looked for.
        place: String,
    },
}

/// The hub's program.
///
/// # Errors
/// If it does not build, or is not where [`BIN_DIR_VARIABLE`] points.
pub fn hub() -> Result<PathBuf, ProgramsError> {
    built().map(|(hub, _)| hub)
}

/// The node's program.
///
/// # Errors
/// If it does not build, or is not where [`BIN_DIR_VARIABLE`] points.
pub fn node() -> Result<PathBuf, ProgramsError> {
    built().map(|(_, node)| node)
}

/// The demo's program, which is built beside the others.
///
/// # Errors
/// If it does not build, or is not where [`BIN_DIR_VARIABLE`] points.
pub fn demo() -> Result<PathBuf, ProgramsError> {
    Ok(hub()?.with_file_name("lintas-demo"))
}

/// The program that measures, which is built beside the others.
///
/// # Errors
/// If it does not build, or is not where [`BIN_DIR_VARIABLE`] points.
pub fn bench() -> Result<PathBuf, ProgramsError> {
    Ok(hub()?.with_file_name("lintas-bench"))
}

fn built() -> Result<(PathBuf, PathBuf), ProgramsError> {
    static BUILT: OnceLock<Result<(PathBuf, PathBuf), ProgramsError>> = OnceLock::new();
    BUILT
        .get_or_init(|| match env::var_os(BIN_DIR_VARIABLE) {
            Some(folder) => {
                Ok((in_folder(Path::new(&folder), "lintas-hub")?, in_folder(Path::new(&folder), "lintas-node")?))
            }
            None => build(),
        })
        .clone()
}

fn in_folder(folder: &Path, name: &'static str) -> Result<PathBuf, ProgramsError> {
    let missing = || ProgramsError::Missing { name, place: folder.display().to_string() };
    folder.join(name).canonicalize().map_err(|_| missing())
}

/// Builds the whole workspace, as `make demo` does, so that nothing is compiled for each anew.
fn build() -> Result<(PathBuf, PathBuf), ProgramsError> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.current_dir(package.parent().unwrap_or(package));
    command.args(["build", "--locked", "--workspace", "--message-format=json-render-diagnostics"]);
    if let Some((target, profile)) = env::current_exe().ok().and_then(|exe| place(&exe)) {
        command.arg("--target-dir").arg(target).args(["--profile", &profile]);
    }
    let output = command.output().map_err(|error| ProgramsError::Start(error.to_string()))?;
    if !output.status.success() {
        return Err(ProgramsError::Build(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    Ok((executable(&messages, "lintas-hub")?, executable(&messages, "lintas-node")?))
}

/// The target folder and the profile that an executable of cargo's was built in: `target/debug/deps/it-1f2e` belongs to
/// `target` and `dev`.
fn place(exe: &Path) -> Option<(PathBuf, String)> {
    let mut folder = exe.parent()?;
    if folder.ends_with("deps") || folder.ends_with("examples") {
        folder = folder.parent()?;
    }
    let profile = match folder.file_name()?.to_str()? {
        "debug" => "dev",
        other => other,
    };
    Some((folder.parent()?.to_owned(), profile.to_owned()))
}

/// The file that cargo's messages name for a program.
fn executable(messages: &str, name: &'static str) -> Result<PathBuf, ProgramsError> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message.pointer("/reason").is_some_and(|reason| reason == "compiler-artifact"))
        .filter(|message| message.pointer("/target/name").is_some_and(|other| other == name))
        .find_map(|message| message.pointer("/executable")?.as_str().map(PathBuf::from))
        .ok_or_else(|| ProgramsError::Missing { name, place: "what cargo built".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_built_into_another_target_folder() {
        let place_of = |exe: &str| place(Path::new(exe)).unwrap();
        assert_eq!(place_of("/x/target/debug/deps/it-1f2e"), (PathBuf::from("/x/target"), "dev".to_owned()));
        assert_eq!(place_of("/x/target/release/lintas-demo"), (PathBuf::from("/x/target"), "release".to_owned()));
    }

    #[test]
    fn library_is_taken_for_the_program() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"lintas-hub"},"executable":null}
            not json
            {"reason":"compiler-artifact","target":{"name":"lintas-node"},"executable":"/x/lintas-node"}
            {"reason":"compiler-artifact","target":{"name":"lintas-hub"},"executable":"/x/lintas-hub"}"#;
        assert_eq!(executable(messages, "lintas-hub").unwrap(), PathBuf::from("/x/lintas-hub"));
        assert!(matches!(executable("", "lintas-hub"), Err(ProgramsError::Missing { .. })));
    }
}
