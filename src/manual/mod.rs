//! What a program's command line says of itself, made from its own definition: completions for shells, manual pages, the page of
//! commands in Markdown. It adds nothing to the definition and knows no command by name.

mod markdown;

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use clap::Command;
pub use clap_complete::Shell;
use clap_mangen::Man;

pub use markdown::markdown;

use crate::runtime::Exit;

/// What manual pages are a part of.
const MANUAL: &str = "Lintas";

/// A script that completes the program's command line in a shell.
#[must_use]
pub fn completions(command: &Command, shell: Shell) -> Vec<u8> {
    let name = command.get_name().to_owned();
    // The generators know nothing of what is hidden.
    let mut shown = Command::new(name.clone())
        .version(command.get_version().unwrap_or_default().to_owned())
        .args(command.get_arguments().cloned())
        .subcommands(command.get_subcommands().filter(|inner| !inner.is_hide_set()).cloned())
        .disable_help_subcommand(true);
    let mut script = Vec::new();
    if shell != Shell::Bash {
        clap_complete::generate(shell, &mut shown, name, &mut script);
        return script;
    }
    // The generator for bash loses the commands of a program that has a hyphen in its name (clap-rs/clap, issue 6421): it is
    // told another name, and the script is registered for the right one.
    let plain = name.replace('-', "_");
    clap_complete::generate(shell, &mut shown, plain.clone(), &mut script);
    registered(&String::from_utf8_lossy(&script), &plain, &name).into_bytes()
}

/// A script for bash that completes `name` instead of `plain`.
fn registered(script: &str, plain: &str, name: &str) -> String {
    let line = |line: &str| match line.strip_suffix(plain) {
        Some(before) if line.trim_start().starts_with("complete -F ") => format!("{before}{name}\n"),
        Some(_) | None => format!("{line}\n"),
    };
    script.lines().map(line).collect()
}

/// Writes a manual page (section 1) of the program and of each command into a folder, which is made if it is missing. Pages of
/// those names are replaced. Returns how many were written.
///
/// # Errors
/// If the folder or a page cannot be written.
pub fn pages(command: Command, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let mut command = command.disable_help_subcommand(true);
    command.build();
    write(&command, folder)
}

fn write(command: &Command, folder: &Path) -> io::Result<usize> {
    let mut written = 1_usize;
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        written = written.saturating_add(write(inner, folder)?);
    }
    let man = Man::new(command.clone()).manual(MANUAL);
    let mut page = Vec::new();
    man.render(&mut page)?;
    fs::write(folder.join(man.get_filename()), page)?;
    Ok(written)
}

/// A closing text for help and manual: what is given, and the exit codes.
#[must_use]
pub fn closing(text: &str) -> String {
    let mut closing = format!("{}\n\nExit codes:\n", text.trim());
    for exit in Exit::ALL {
        let _ = writeln!(closing, "  {:<3} {}", exit.code(), exit.meaning());
    }
    closing
}

#[cfg(test)]
mod tests;
