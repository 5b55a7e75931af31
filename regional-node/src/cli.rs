//! The command line: what can be said, and one line about what was said wrong. It does nothing.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use lintas::care::arguments::{Backup, Restore, Status};
use lintas::runtime::{Exit, Watch, usual_folder};
use lintas::words::Language;

/// A regional node of Lintas: files, keeps and handles complaints, with or without the network.
#[derive(Debug, Parser)]
#[command(name = "lintas-node", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The node's folder: its settings, keys and database; /var/lib/lintas-node where the package is installed, else
    /// lintas-node, unless given.
    #[arg(
        long,
        global = true,
        env = "LINTAS_DATA",
        default_value = "",
        hide_default_value = true,
        value_name = "FOLDER",
        value_parser = OsStringValueParser::new().map(folder)
    )]
    pub(crate) data: PathBuf,
    /// The settings file; node.toml in the node's folder unless given.
    #[arg(long, global = true, env = "LINTAS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, over file and environment: hub.address=hub.lapor.go.id:7443. May be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of answers: id or en; by LANG unless given.
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a node's folder: settings, keys, certificate request, database.
    Init(Init),
    /// Take in the joining bundle that the hub's operator sent back.
    Join(Join),
    /// Print a settings file in which every setting is explained; init writes such a one.
    Settings,
    /// Serve the desk and keep the link to the hub, until told to stop.
    Run,
    /// How the node stands: link, outbox, last receipt, refusals; with --check one line and exit codes for monitoring.
    Status(Box<Status>),
    /// Complaints, newest change first.
    List(List),
    /// One complaint's story.
    Show(Shown),
    /// The nodes and units that this node knows.
    Units,
    /// Check journal, seals, receipts, and every complaint against its events.
    Verify,
    /// Take the journal back from the hub and begin a new life of it: after a restored backup or a lost disk.
    Recover,
    /// Make a backup while the node runs or not, or check one.
    Backup(Backup),
    /// Put a backup in the place of what is here, once all of it has been verified; no node may run.
    Restore(Restore),
    /// Look at all that the node rests on, and say what is wrong and what to do. Exit code 1 if there is a problem.
    Doctor,
    /// Everything that can be done with a complaint, `verify` among it.
    #[command(subcommand)]
    Complaint(ComplaintCommand),
    #[command(flatten)]
    Act(ActCommand),
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The federation's name, such as lapor.go.id.
    #[arg(long)]
    pub(crate) federation: String,
    /// The unit that the node is enrolled for, such as 13.71.
    #[arg(long)]
    pub(crate) node: String,
    /// Its public name, such as "Kota Padang".
    #[arg(long)]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The bundle; - for standard input.
    pub(crate) bundle: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those held by this unit or one below it.
    #[arg(long, default_value = "")]
    pub(crate) unit: String,
    /// Only those in this state; may be repeated.
    #[arg(long)]
    pub(crate) state: Vec<String>,
    /// Only those held at this node.
    #[arg(long, default_value = "")]
    pub(crate) node: String,
    /// Only those filed at this node.
    #[arg(long, default_value = "")]
    pub(crate) origin: String,
    /// Only those with late events.
    #[arg(long)]
    pub(crate) late: bool,
    /// At most so many, up to 1000.
    #[arg(long, default_value_t = 100)]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Shown {
    /// Tracking number, id, or at least 6 digits of the id.
    pub(crate) complaint: String,
    /// Tell who the reporter is, too.
    #[arg(long)]
    pub(crate) identity: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ComplaintCommand {
    /// Accept it as complete and within authority.
    Verify(Acting),
    #[command(flatten)]
    Act(ActCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ActCommand {
    /// File a complaint.
    File(Box<File>),
    /// Pass it down, or back, to a unit of this node.
    Dispose(ToUnit),
    /// Take what another unit passed on.
    Accept(Acting),
    /// Put it off until the reporter completes the file.
    Defer(Why),
    /// Put it away without an answer.
    Archive(Why),
    /// Record work towards an answer.
    FollowUp(Acting),
    /// Answer.
    Respond(Acting),
    /// End it.
    Close(Acting),
    /// Open it again.
    Reopen(Acting),
    /// Ask that another body's unit answer.
    Transfer(ToUnit),
    /// Ask that it go back to its sender.
    Return(Why),
    /// Take the transfer or return back.
    TakeBack(Acting),
    /// Write a late event's change anew.
    Adopt(Adopt),
    /// The reporter's reply.
    Reply(Acting),
    /// The reporter completes the file.
    Complete(Acting),
    /// The reporter confirms the answer.
    Confirm(Acting),
    /// The reporter rates the handling.
    Rate(Rate),
    /// The reporter appeals.
    Appeal(Acting),
    /// The reporter withdraws the complaint.
    Withdraw(Acting),
    /// Destroy an event's content, for ever.
    Redact(Redact),
}

/// A complaint, who acts, and what is written beside it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Acting {
    /// Tracking number, id, or at least 6 digits of the id.
    pub(crate) complaint: String,
    /// The acting unit; the holder unless given, or the filing unit in what the reporter says.
    #[arg(long, default_value = "")]
    pub(crate) unit: String,
    #[command(flatten)]
    pub(crate) text: Text,
}

/// A text, given or in a file.
#[derive(Clone, Debug, Args)]
pub(crate) struct Text {
    /// What is written beside it. Others on this machine can see a command line: prefer --file for personal data.
    #[arg(long, conflicts_with = "file")]
    pub(crate) text: Option<String>,
    /// A file with the text; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ToUnit {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// To which unit.
    #[arg(long)]
    pub(crate) to: String,
    /// Why: competent, not-my-authority, wrong-category, …
    #[arg(long, default_value = "competent")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Why: not-my-authority, incomplete, format-error, too-general, unrelated, duplicate, wrong-category, other.
    #[arg(long)]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The late event's hash, or at least 6 digits of it; the only one unless given.
    #[arg(long, default_value = "")]
    pub(crate) event: String,
}

#[derive(Debug, Args)]
pub(crate) struct Rate {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// 1 (worst) to 5 (best).
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=5))]
    pub(crate) stars: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Redact {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Whose content: an event's hash, or at least 6 digits of it.
    #[arg(long)]
    pub(crate) event: String,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "it is a file with the reporter")]
pub(crate) struct File {
    /// The unit that files; the node's own unless given.
    #[arg(long, default_value = "")]
    pub(crate) unit: String,
    /// complaint, complaint-field-check, information or aspiration.
    #[arg(long, default_value = "complaint")]
    pub(crate) class: String,
    /// counter, letter, phone, sms, web, app or other.
    #[arg(long, default_value = "counter")]
    pub(crate) channel: String,
    /// What it is about, such as jalan-rusak.
    #[arg(long)]
    pub(crate) category: String,
    /// open, anonymous or confidential.
    #[arg(long, default_value = "open")]
    pub(crate) visibility: String,
    /// Somebody files it for the reporter.
    #[arg(long)]
    pub(crate) on_behalf: bool,
    /// The unit complained of.
    #[arg(long, default_value = "")]
    pub(crate) about: String,
    #[command(flatten)]
    pub(crate) text: Text,
    /// The reporter's name. Others on this machine can see a command line: prefer --reporter-file.
    #[arg(long, conflicts_with = "reporter_file")]
    pub(crate) name: Option<String>,
    /// The reporter's telephone number.
    #[arg(long, conflicts_with = "reporter_file")]
    pub(crate) phone: Option<String>,
    /// The reporter's address.
    #[arg(long, conflicts_with = "reporter_file")]
    pub(crate) address: Option<String>,
    /// A JSON file with name, phone and address.
    #[arg(long, value_name = "FILE")]
    pub(crate) reporter_file: Option<PathBuf>,
}

/// The folder that is named or, if none is, the usual one.
fn folder(text: OsString) -> PathBuf {
    if text.is_empty() { usual_folder("lintas-node") } else { text.into() }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("it is KEY=VALUE, such as hub.address=hub.lapor.go.id:7443")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

/// Reads the command line. Help and version are printed here; what is wrong is told in one line.
///
/// # Errors
/// How the program ends, if there is nothing to do.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Exit> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // A check that cannot even be understood must not look like a finding of it.
    let checks = arguments.iter().any(|argument| argument == "--check");
    Cli::try_parse_from(arguments).map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            let _ = error.print();
            return Exit::Done;
        }
        let _ = writeln!(std::io::stderr(), "lintas-node: {}", one_line(&error.to_string()));
        if checks { Exit::Watched(Watch::Unknown) } else { Exit::CommandLine }
    })
}

/// What clap says, in one line.
fn one_line(text: &str) -> String {
    if text.lines().count() > 12 {
        return "no command; see lintas-node --help for what is allowed".to_owned();
    }
    let lines = text.lines().map(str::trim);
    let said: Vec<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")).collect();
    said.join("; ").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn read(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn two_commands_share_a_name() {
        Cli::command().debug_assert();
        assert!(matches!(read("lintas-node verify").unwrap().command, Command::Verify));
        let acting = read("lintas-node complaint verify LTS-1").unwrap().command;
        assert!(matches!(acting, Command::Complaint(ComplaintCommand::Verify(_))));
        for line in ["lintas-node accept LTS-1", "lintas-node complaint accept LTS-1 --json"] {
            assert!(read(line).is_ok(), "{line}");
        }
        for line in [
            "lintas-node backup",
            "lintas-node backup x.tar --with-keys --verify",
            "lintas-node backup --keep 7 --json",
            "lintas-node backup verify x.tar --json",
            "lintas-node restore x.tar --replace",
            "lintas-node status --check --link-seconds 60,600 --backup-hours 26,50",
            "lintas-node doctor",
        ] {
            assert!(read(line).is_ok(), "{line}");
        }
        let verify = read("lintas-node backup verify x.tar").unwrap().command;
        assert!(matches!(verify, Command::Backup(Backup { command: Some(_), file: None, .. })));
    }

    #[test]
    fn check_that_is_not_understood_looks_like_a_finding() {
        let words = |line: &'static str| line.split_whitespace().map(OsString::from);
        let ended = |line| parse(words(line)).unwrap_err();
        assert_eq!(ended("lintas-node status --check --outbox many"), Exit::Watched(Watch::Unknown));
        assert_eq!(ended("lintas-node status --outbox 1,2"), Exit::CommandLine);
    }

    #[test]
    fn mistake_fills_the_screen() {
        for line in [
            "lintas-node",
            "lintas-node disppose",
            "lintas-node show",
            "lintas-node list --stat new",
            "lintas-node transfer LTS-1",
            "lintas-node rate LTS-1 --stars 9",
            "lintas-node backup x.tar --keep 3",
            "lintas-node backup --keep 0",
            "lintas-node restore",
            "lintas-node status --lang fr",
        ] {
            let said = one_line(&read(line).unwrap_err().to_string());
            assert!(!said.is_empty() && !said.contains('\n'), "{line}: {said}");
        }
        let said = one_line(&read("lintas-node status --lang fr").unwrap_err().to_string());
        assert!(said.contains("id (Indonesian)"), "{said}");
    }
}
