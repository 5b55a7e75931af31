//! A program's commands as a section of a Markdown page: one heading a command, its usage, and a table of what it takes.

use std::collections::HashMap;
use std::fmt::Write as _;

use clap::builder::{Str, StyledStr};
use clap::{Arg, Command};

/// The program and all its commands, those apart that are hidden. A command that is the same within another one as at the top
/// (by its name and what it takes) is told at the top only.
#[must_use]
pub fn markdown(command: Command) -> String {
    let mut program = command.disable_help_subcommand(true);
    program.build();
    let mut text = String::new();
    head(&mut text, &mut program.clone(), 2);
    commands(&mut text, &program);
    let globals: Vec<&Arg> = program.get_arguments().filter(|arg| arg.is_global_set()).collect();
    text.push_str(&table("option of every command", &globals));
    if let Some(closing) = program.get_after_long_help() {
        closing_text(&mut text, &closing.to_string());
    }
    let top: Vec<&Command> = visible(&program).collect();
    let mut told = Told::new();
    for inner in &top {
        section(&mut text, inner, 3, &mut told);
        let fresh = visible(inner).filter(|deep| !top.iter().any(|known| is_same(known, deep)));
        for deep in fresh.collect::<Vec<_>>() {
            section(&mut text, deep, 4, &mut told);
        }
    }
    text
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|inner| !inner.is_hide_set())
}

/// Whether two commands have the same name and take the same.
fn is_same(one: &Command, other: &Command) -> bool {
    let taken = |command: &Command| own(command).map(|arg| arg.get_id().to_string()).collect::<Vec<_>>();
    let about = |command: &Command| command.get_about().map(StyledStr::to_string);
    one.get_name() == other.get_name() && about(one) == about(other) && taken(one) == taken(other)
}

/// What a command takes itself: neither what every command takes, nor help and version.
fn own(command: &Command) -> impl Iterator<Item = &Arg> {
    let common = ["help", "version"];
    command
        .get_arguments()
        .filter(move |arg| !arg.is_global_set() && !arg.is_hide_set() && !common.contains(&arg.get_id().as_str()))
}

/// Tables that were told, and of which command: what several take alike is told once.
type Told = HashMap<String, String>;

fn section(text: &mut String, command: &Command, level: usize, told: &mut Told) {
    head(text, &mut command.clone(), level);
    commands(text, command);
    let taken: Vec<&Arg> = own(command).collect();
    let table = table("takes", &taken);
    match told.get(&table) {
        Some(first) if taken.len() > 2 => {
            let _ = writeln!(text, "\nTakes what [`{first}`](#{}) takes.", first.replace(' ', "-"));
        }
        Some(_) | None => {
            text.push_str(&table);
            let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
            told.insert(table, name.to_owned());
        }
    }
}

/// Heading, what it is, usage.
fn head(text: &mut String, command: &mut Command, level: usize) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let _ = write!(text, "\n{} {name}\n\n", "#".repeat(level));
    let about = command.get_long_about().or_else(|| command.get_about()).map(StyledStr::to_string).unwrap_or_default();
    for paragraph in about.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let _ = write!(text, "{}\n\n", escaped(&sentence(paragraph)));
    }
    if own(command).next().is_none() && command.get_subcommands().next().is_none() {
        // Nothing to add to its name.
        text.truncate(text.trim_end().len());
        text.push('\n');
        return;
    }
    let usage = command.render_usage().to_string();
    let usage = usage.trim().trim_start_matches("Usage:").trim().to_owned();
    let _ = writeln!(text, "```\n{usage}\n```");
}

/// The commands within one.
fn commands(text: &mut String, command: &Command) {
    let inner: Vec<&Command> = visible(command).collect();
    if inner.is_empty() {
        return;
    }
    text.push_str("\n| command | what it does |\n|---|---|\n");
    for inner in inner {
        let about = inner.get_about().map(StyledStr::to_string).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {} |", inner.get_name(), cell(&about));
    }
}

/// Arguments, the positional ones first, as they are declared.
fn table(title: &str, arguments: &[&Arg]) -> String {
    let mut text = String::new();
    if arguments.is_empty() {
        return text;
    }
    let _ = write!(text, "\n| {title} | meaning |\n|---|---|\n");
    let (positional, named): (Vec<&Arg>, Vec<&Arg>) = arguments.iter().partition(|arg| arg.is_positional());
    for arg in positional.into_iter().chain(named) {
        let _ = writeln!(text, "| {} | {} |", name(arg), cell(&meaning(arg)));
    }
    text
}

/// As it is written: `FILE`, `--out FILE`, `--json`.
fn name(arg: &Arg) -> String {
    let takes = arg.get_num_args().is_none_or(|range| range.takes_values());
    let values: Vec<&str> = arg.get_value_names().unwrap_or_default().iter().map(Str::as_str).collect();
    let value = match (takes, values.is_empty()) {
        (false, _) => String::new(),
        (true, false) => values.join(" "),
        (true, true) => arg.get_id().as_str().to_uppercase(),
    };
    let flag = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (None, Some(long)) => format!("--{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, None) => String::new(),
    };
    format!("`{}`", [flag, value].join(" ").trim())
}

/// Its help, and what else there is to know of it.
fn meaning(arg: &Arg) -> String {
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(StyledStr::to_string).unwrap_or_default();
    let mut text = sentence(&help);
    let values: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let takes = arg.get_num_args().is_some_and(|range| range.takes_values());
    if takes && !values.is_empty() {
        let _ = write!(text, " One of {}.", values.join(", "));
    }
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if takes && !arg.is_hide_default_value_set() && defaults.iter().any(|value| !value.is_empty()) {
        let _ = write!(text, " Unless given: `{}`.", defaults.join(" "));
    }
    if let Some(variable) = arg.get_env() {
        let _ = write!(text, " Also by `{}`.", variable.to_string_lossy());
    }
    if arg.is_required_set() {
        text.push_str(" Required.");
    }
    text
}

/// A closing text: paragraphs; lines that are indented stand as they are.
fn closing_text(text: &mut String, closing: &str) {
    for paragraph in closing.split("\n\n") {
        text.push('\n');
        let mut fenced = false;
        for line in paragraph.lines().filter(|line| !line.trim().is_empty()) {
            if line.starts_with("  ") != fenced {
                text.push_str(if fenced { "```\n" } else { "\n```\n" });
                fenced = !fenced;
            }
            let line = if fenced { line.trim_start_matches("  ").to_owned() } else { escaped(line) };
            let _ = writeln!(text, "{line}");
        }
        if fenced {
            text.push_str("```\n");
        }
    }
}

/// In one line, with its full stop.
fn sentence(text: &str) -> String {
    let mut text = one_line(text);
    if !text.is_empty() && !text.ends_with(['.', '!', '?', ':']) {
        text.push('.');
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as Markdown shows it: what is written like a placeholder or a command keeps its signs.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut code = false;
    for letter in text.chars() {
        code ^= letter == '`';
        if !code && matches!(letter, '<' | '*' | '_') {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}

fn cell(text: &str) -> String {
    escaped(&one_line(text)).replace('|', "\\|")
}
