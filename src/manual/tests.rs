//! Tests of what is made from a command line's definition. Tests only.

use clap::{Arg, ArgAction, Command};

use super::*;

fn program() -> Command {
    let complaint = || Arg::new("complaint").required(true).value_name("COMPLAINT").help("Which | one");
    let accept = Command::new("accept").about("Take it").arg(complaint());
    let state = Arg::new("state").long("state").value_parser(["new", "closed"]).default_value("new").help("Only these");
    Command::new("prog")
        .version("1.0")
        .about("A program of <parts>.")
        .after_long_help(closing("Names are names.\n\nMore."))
        .arg(Arg::new("data").long("data").global(true).env("PROG_DATA").value_name("FOLDER").help("Where"))
        .arg(Arg::new("json").long("json").global(true).action(ArgAction::SetTrue).help("For machines."))
        .subcommand(accept.clone())
        .subcommand(Command::new("list").about("All of them").arg(state))
        .subcommand(Command::new("secret").about("Nobody's").hide(true))
        .subcommand(
            Command::new("complaint")
                .about("Everything")
                .subcommand(accept)
                .subcommand(Command::new("verify").about("Check it").arg(complaint())),
        )
}

#[test]
fn page_of_commands_leaves_something_out_or_says_it_twice() {
    let text = markdown(program());
    for wanted in [
        "\n## prog\n",
        "A program of \\<parts>.",
        "| `accept` | Take it |",
        "| `--data FOLDER` | Where. Also by `PROG_DATA`. |",
        "| `--json` | For machines. |",
        "| `COMPLAINT` | Which \\| one. Required. |",
        "| `--state STATE` | Only these. One of `new`, `closed`. Unless given: `new`. |",
        "\n#### prog complaint verify\n",
        "```\nprog list [OPTIONS]\n```",
        "\nExit codes:\n\n```\n0   done, or stopped in order\n",
    ] {
        assert!(text.contains(wanted), "{wanted}\nis not in\n{text}");
    }
    assert_eq!(text.matches("prog accept").count(), 2, "{text}");
    for unwanted in ["secret", "--help", "#### prog complaint accept", "PROG_DATA="] {
        assert!(!text.contains(unwanted), "{unwanted}\n{text}");
    }
}

#[test]
fn manual_has_no_page_of_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("new/man1");
    assert_eq!(pages(program(), &place).unwrap(), 6);
    assert_eq!(pages(program(), &place).unwrap(), 6);
    let mut names: Vec<_> =
        fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let wanted = ["prog-accept.1", "prog-complaint-accept.1", "prog-complaint-verify.1", "prog-complaint.1"];
    assert_eq!(names, [&wanted[..], &["prog-list.1", "prog.1"]].concat());
    let page = fs::read_to_string(place.join("prog-accept.1")).unwrap();
    assert!(page.contains("prog\\-accept \\- Take it"), "{page}");
    assert!(fs::read_to_string(place.join("prog.1")).unwrap().contains("Exit codes:"));
}

#[test]
fn shell_gets_no_completions() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
        let script = String::from_utf8(completions(&program(), shell)).unwrap();
        assert!(
            script.contains("accept") && script.contains("data") && !script.contains("secret"),
            "{shell}: {script}"
        );
    }
}
