//! The command line: what can be said, and one line about what was said wrong. It does nothing.

use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, PossibleValuesParser, TypedValueParser as _};
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand};
use lintas::care::arguments::{Backup, Restore, Status};
use lintas::desk::statistics::Arguments;
use lintas::domain::complaint::DisplayState;
use lintas::identity::token::{TOKEN_SEEN, looks_like_token};
use lintas::manual::{self, Shell};
use lintas::runtime::{Exit, Watch, usual_folder};
use lintas::words::Language;

pub(crate) mod people;

use people::{AccountCommand, Acting, Approve};

/// What holds for every command.
const CLOSING: &str = "\
A complaint is named by its tracking number, its id, or at least 6 digits of the id. Every command but run works on the database, whether the \
hub runs or not; a running hub notices what units import and enrol have written. A wrong command line is told in one line.";

/// The national hub of Lintas: connects the nodes, mirrors every complaint, and carries it from unit to unit.
#[derive(Debug, Parser)]
#[command(name = "lintas-hub", version, disable_help_subcommand = true, after_long_help = manual::closing(CLOSING))]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Common {
    /// The hub's folder: its settings, keys and database; /var/lib/lintas-hub where the package is installed, else
    /// lintas-hub, unless given.
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
    /// The settings file; hub.toml in the hub's folder unless given.
    #[arg(long, global = true, env = "LINTAS_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// One setting, over file and environment: listen=0.0.0.0:7443. May be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// The hub's database, over file and environment: a SQLite file, or the address of a PostgreSQL server, in the form of
    /// `postgres://USER@HOST/DATABASE`. Others on this machine can see a command line: a password goes into a file, or with the
    /// address into the environment.
    #[arg(long, global = true, value_name = "DATABASE")]
    pub(crate) database: Option<String>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of answers: id or en; by LANG unless given.
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a hub's folder: settings, authority, keys, certificate, database.
    ///
    /// Nothing that is there is overwritten. It prints the authority's fingerprint, for nodes to compare.
    Init(Init),
    /// Print a settings file in which every setting is explained; init writes such a one.
    Settings,
    /// Serve the nodes, until told to stop.
    ///
    /// SIGTERM or Ctrl-C end it in order, a second one at once. Logs go to standard error, by LINTAS_LOG.
    Run,
    /// The units that complaints can be given to.
    #[command(subcommand)]
    Units(UnitsCommand),
    /// Let a node in: print a token, one word with which it joins once, within a day.
    ///
    /// The unit must be listed. Hand the token over so that nobody else sees it; its operator gives it to `lintas-node join`. With
    /// --from there is one for each node of a list. A node without a way to the hub sends its request instead: --request makes its
    /// certificate, its keys in the registry, and the bundle that it joins with; of an enrolled node a new certificate and, if they
    /// changed, the new keys.
    Enrol(Enrol),
    /// Close a node's link until it is reinstated; what it holds it keeps.
    ///
    /// Its streams end within a second on every process of the hub, and no new complaint goes to it.
    Suspend(OneNode),
    /// End a node's authority for good, from what is stored of its journal on.
    ///
    /// All that the hub gave a receipt for still counts. Without --yes it only tells what would happen.
    Revoke(Revoke),
    /// End a suspension; or a revocation, by a new life of the node's journal.
    ///
    /// A node that was revoked goes on with `lintas-node recover`; if its keys were lost, enrol it anew first.
    Reinstate(OneNode),
    /// The joining tokens: open, used, expired; or take one back.
    Tokens(Tokens),
    /// Give the hub's own key a new certificate.
    Renew(Renew),
    /// The accounts of the people who run the hub.
    ///
    /// By whoever can open its database.
    #[command(subcommand)]
    Account(AccountCommand),
    /// What waits for a second person.
    Approvals,
    /// Approve what somebody else has asked for; they then do it by asking again.
    Approve(Approve),
    /// Exchange the federation's authority for a new one: both are trusted until a date, then the old one is forgotten.
    ///
    /// From now on the new one certifies. Nodes come to trust both when they renew, within a week; one that has not by the date needs
    /// a new token. The serving hub shows its certificate of the new authority from that date on. More processes on one database each
    /// need a copy of the folder of the authority, and of the hub's certificate.
    RotateAuthority(RotateAuthority),
    /// The enrolled nodes: when they were last heard, what is stored of them, what waits for them.
    Nodes,
    /// How the hub stands; with --check one line and exit codes for monitoring.
    Status(Box<Status>),
    /// Complaints, newest change first.
    List(List),
    /// One complaint's story.
    ///
    /// Who did what and when, across all nodes. The content of a confidential complaint is not shown here.
    Show(Named),
    /// Sums over complaints: how many stand where, how long they took, how they went from hand to hand, how they were rated.
    ///
    /// Confidential complaints are counted; none is shown. Columns: docs/OPERATIONS.md.
    Statistics(Arguments),
    /// Check all journals, seals, outboxes, and every complaint against its events.
    ///
    /// It reads only, and may run beside the hub. Every difference is a line; then it ends with 65.
    Verify,
    /// Write what is known of complaints to a table or to JSON lines.
    ///
    /// Every complaint that fits, in the order of filing, one row each: where it was filed, what kind it is, who answers, where it
    /// stands, when. No texts and no names: those are the nodes'.
    Export(Box<Export>),
    /// Put the key files under a passphrase, or take them out from under it.
    ///
    /// Then nobody who takes the disk reads what it locks. keys.passphrase in the settings says where the passphrase comes from when the
    /// program needs the keys: a file that lies elsewhere, a credential, or ask (at a terminal, or as a line of standard input).
    ProtectKeys(ProtectKeys),
    /// Put all stored content under the present storage key; no hub may run.
    ///
    /// Afterwards older lines of the storage key's file are needed for older backups alone.
    Rewrap(Rewrap),
    /// Print a script that completes this program's command line in a shell.
    Completions(Completions),
    /// Write this program's manual pages into a folder.
    Man(Man),
    /// Print the page of this program's commands.
    #[command(hide = true)]
    Markdown,
    /// Make a backup while the hub runs or not, or check one.
    Backup(Backup),
    /// Put a backup in the place of what is here, once all of it has been verified; no hub may run.
    Restore(Restore),
    /// Look at all that the hub rests on, and say what is wrong and what to do. Exit code 1 if there is a problem.
    Doctor,
}

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The federation's name, such as lapor.go.id.
    #[arg(long)]
    pub(crate) federation: String,
    /// Where to listen: ADDRESS:PORT.
    #[arg(long)]
    pub(crate) listen: String,
    /// A name or address under which nodes dial the hub; may be repeated, the first goes into joining bundles.
    #[arg(long, required = true, value_name = "NAME")]
    pub(crate) dns: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum UnitsCommand {
    /// List all units of a file, CSV or TOML, that are new or otherwise than before; for bodies that run no node yet.
    ///
    /// Columns code and name, and perhaps level, area, categories and contact, as for `lintas-node units import`. A unit that a node is
    /// enrolled for is listed here first; the rest of its units it declares itself. A file with one wrong line changes nothing.
    Import {
        /// The file; TOML if its name ends so.
        file: PathBuf,
    },
    /// The units as registered.
    List,
}

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// The unit that the node is enrolled for, such as 13.71.
    #[arg(required_unless_present = "from")]
    pub(crate) code: Option<String>,
    /// Its public name; with --request, that of its request unless given.
    #[arg(long, required_unless_present_any = ["request", "from"])]
    pub(crate) name: Option<String>,
    /// Hours until the token expires.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=720), conflicts_with_all = ["request", "csr"])]
    pub(crate) hours: u16,
    /// A list of nodes, CSV with the columns code and name: a token for each, all or none, as CSV.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["code", "name", "request", "csr"])]
    pub(crate) from: Option<PathBuf>,
    /// The request that `lintas-node init` made; it proves that its maker holds the keys. - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) request: Option<PathBuf>,
    /// A certificate request in PEM, instead of --request.
    #[arg(long, value_name = "FILE", requires_all = ["signing_key", "sealing_key"], conflicts_with = "request")]
    pub(crate) csr: Option<PathBuf>,
    /// With --csr: the node's public signing key, 64 hexadecimal digits. That its owner holds it is not proven.
    #[arg(long, value_name = "HEX", requires = "csr")]
    pub(crate) signing_key: Option<String>,
    /// With --csr: the node's public sealing key, 64 hexadecimal digits. That its owner holds it is not proven.
    #[arg(long, value_name = "HEX", requires = "csr")]
    pub(crate) sealing_key: Option<String>,
    /// With a request: days until the certificate ends; as many as in the settings unless given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=731))]
    pub(crate) days: Option<u16>,
    /// Where the token, the list of them or the joining bundle goes; standard output unless given. A file with tokens is new, and
    /// readable for this account only.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct OneNode {
    /// The node, such as 13.71.
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// The node, such as 13.71.
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
    /// Move the complaints that it holds and has not ended to the unit above; else they wait for it.
    #[arg(long)]
    pub(crate) move_custody: bool,
    /// Do it. It may take a second person: see `approvals`.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) acting: Acting,
}

#[derive(Debug, Args)]
pub(crate) struct Tokens {
    /// Take this one back: its id. Whoever has it can no longer join with it.
    #[arg(long, value_name = "ID")]
    pub(crate) withdraw: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ProtectKeys {
    /// A file with the passphrase, at least 20 characters; asked for, or read from standard input, unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Take the keys out from under the passphrase.
    #[arg(long)]
    pub(crate) off: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Rewrap {
    /// Make a new storage key first; it becomes the present one.
    #[arg(long)]
    pub(crate) new_key: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Where it goes: a new file, readable for this account only, in place once it is whole; - for standard output.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A table or one JSON object a line; JSON lines with --json.
    #[arg(long, value_parser = PossibleValuesParser::new(["csv", "jsonl"]))]
    pub(crate) format: Option<String>,
    /// A table as Excel opens it: cells separated by semicolons, and a byte order mark.
    #[arg(long)]
    pub(crate) excel: bool,
    /// Take the place of a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) filter: Filter,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Where the pages go, such as /usr/local/share/man/man1; made if it is missing.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RotateAuthority {
    /// The day from which the old authority is trusted no more, such as 2027-01-31: later than all nodes will have renewed.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: String,
}

#[derive(Debug, Args)]
pub(crate) struct Renew {
    /// A name or address under which nodes dial the hub; all of them, for the old certificate's names do not come along.
    #[arg(long, required = true, value_name = "NAME")]
    pub(crate) dns: Vec<String>,
    /// Days until the certificate ends.
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=731))]
    pub(crate) days: u16,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) filter: Filter,
    /// At most so many, up to 10000.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub(crate) limit: u16,
}

/// Which complaints.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only those held by this unit or one below it.
    #[arg(long)]
    pub(crate) unit: Option<String>,
    /// Only those in this state; may be repeated.
    #[arg(long, value_parser = PossibleValuesParser::new(DisplayState::ALL.iter().map(|state| state.name())))]
    pub(crate) state: Vec<String>,
    /// Only those held at this node.
    #[arg(long)]
    pub(crate) node: Option<String>,
    /// Only those filed at this node.
    #[arg(long)]
    pub(crate) origin: Option<String>,
    /// Only those with late events.
    #[arg(long)]
    pub(crate) late: bool,
    /// Only those that were taken over from another system.
    #[arg(long)]
    pub(crate) imported: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Tracking number, id, or at least 6 digits of the id.
    pub(crate) complaint: String,
}

/// The folder that is named or, if none is, the usual one.
fn folder(text: OsString) -> PathBuf {
    if text.is_empty() { usual_folder("lintas-hub") } else { text.into() }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("it is KEY=VALUE, such as listen=0.0.0.0:7443")?;
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
    if arguments.iter().any(|argument| looks_like_token(&argument.to_string_lossy())) {
        let _ = writeln!(std::io::stderr(), "lintas-hub: {TOKEN_SEEN}");
        return Err(Exit::CommandLine);
    }
    Cli::try_parse_from(arguments).map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            let _ = error.print();
            return Exit::Done;
        }
        let _ = writeln!(std::io::stderr(), "lintas-hub: {}", one_line(&error));
        if checks { Exit::Watched(Watch::Unknown) } else { Exit::CommandLine }
    })
}

/// What clap says, in one line.
fn one_line(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "no command; see lintas-hub --help for what is allowed".to_owned();
    }
    let text = error.to_string();
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
        let key = "aa".repeat(32);
        for line in [
            "lintas-hub --data x init --federation a --listen 127.0.0.1:1 --dns localhost --dns hub",
            "lintas-hub settings",
            "lintas-hub units import units.csv --json",
            "lintas-hub enrol 13.71 --request r.toml --out b.toml",
            &format!("lintas-hub enrol 13.71 --name Padang --csr c.pem --signing-key {key} --sealing-key {key}"),
            "lintas-hub enrol 13.71 --name Padang --hours 48",
            "lintas-hub enrol --from nodes.csv --out tokens.csv",
            "lintas-hub tokens",
            "lintas-hub rotate-authority --until 2027-01-31",
            "lintas-hub tokens --withdraw 00112233445566778899aabbccddeeff",
            "lintas-hub renew --dns hub.lapor.go.id --dns localhost",
            "lintas-hub list --state new --state closed --limit 5",
            "lintas-hub verify --lang id",
            "lintas-hub backup --keep 7",
            "lintas-hub backup verify x.tar",
            "lintas-hub restore x.tar --replace --json",
            "lintas-hub status --check --outbox 5,10",
            "lintas-hub status --ready",
            "lintas-hub doctor --json",
            "lintas-hub account add budi --name Budi --role admin --lasting",
            "lintas-hub approve 00aa --account budi --password-file f",
        ] {
            assert!(read(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn mistake_fills_the_screen_or_passes() {
        for line in [
            "lintas-hub",
            "lintas-hub units",
            "lintas-hub init --federation a --listen b",
            "lintas-hub enrol 13.71",
            "lintas-hub renew",
            "lintas-hub rotate-authority",
            "lintas-hub enrol 13.71 --csr c.pem",
            "lintas-hub enrol 13.71 --name a --hours 0",
            "lintas-hub enrol 13.71 --from nodes.csv",
            "lintas-hub enrol 13.71 --name a --request r --hours 3",
            "lintas-hub enrol 13.71 --request r --csr c --signing-key k --name n",
            "lintas-hub list --limit 0",
            "lintas-hub run --set listen",
            "lintas-hub show",
            "lintas-hub status --lang fr",
            "lintas-hub status --check --outbox 5",
            "lintas-hub status --check --ready",
            "lintas-hub restore",
        ] {
            let said = one_line(&read(line).unwrap_err());
            assert!(!said.is_empty() && !said.contains('\n'), "{line}: {said}");
        }
    }
}
