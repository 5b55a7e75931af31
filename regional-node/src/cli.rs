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
use lintas::domain::{Channel, Class, Reason, Visibility};
use lintas::identity::token::{TOKEN_SEEN, looks_like_token};
use lintas::manual::{self, Shell};
use lintas::runtime::{Exit, Watch, usual_folder};
use lintas::words::Language;

pub(crate) mod linking;
mod moving;
pub(crate) mod people;
pub(crate) mod practice;
mod units;

use linking::{Double, Other, Recategorise};
pub(crate) use moving::{Export, Import};
use people::{AccountCommand, Approve, Login};
use practice::Practice;
pub(crate) use units::{Units, UnitsCommand};

/// What holds for every command.
const CLOSING: &str = "\
A complaint is named by its tracking number, its id, or at least 6 digits of the id. What is done with it is done by the unit that --unit names: \
the holder unless given, or the filing unit in what the reporter says. A text comes by --text, or by --file (- for standard input). Others on \
the machine can see a command line: personal data go by file.

Whoever has logged in (login) acts as the holder of their account in every command that the running node carries out; whoever has not acts as \
the account of the system that runs the node.

An action that may not be done says who holds the complaint and what can be done here, and ends with 1. While no node runs, status, list, show \
and units read the database; actions end with 69. A wrong command line is told in one line.";

/// A regional node of Lintas: files, keeps and handles complaints, with or without the network.
#[derive(Debug, Parser)]
#[command(name = "lintas-node", version, disable_help_subcommand = true, after_long_help = manual::closing(CLOSING))]
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
    /// The node's socket for people (desk.people), where its folder is closed to this account.
    #[arg(long, global = true, env = "LINTAS_SOCKET", value_name = "FILE", help_heading = "Who acts")]
    pub(crate) socket: Option<PathBuf>,
    /// The file with the session's token; lintas-node.session in XDG_RUNTIME_DIR unless given.
    #[arg(long, global = true, env = "LINTAS_SESSION", value_name = "FILE", help_heading = "Who acts")]
    pub(crate) session: Option<PathBuf>,
    /// Act in the name of the account with this login; only for the account of the system that runs the node.
    #[arg(long = "as", global = true, value_name = "LOGIN", help_heading = "Who acts")]
    pub(crate) in_the_name_of: Option<String>,
    /// Answer in JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// The language of answers: id or en; by LANG unless given.
    #[arg(long, global = true, value_name = "LANGUAGE")]
    pub(crate) lang: Option<Language>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a node's folder: settings, keys, certificate request, database; for a node without a way to the hub.
    ///
    /// Nothing that is there is overwritten. It prints what to send to the hub's operator, and the fingerprint to read out. A node
    /// that reaches its hub needs only join.
    Init(Init),
    /// Join the federation with the token that the hub's operator has issued.
    ///
    /// The token comes by standard input or by --token-file, never by the command line, which others can see. Folder, settings,
    /// database and all private keys are made here, unless they are here already; the hub is recognised by the token. Broken off,
    /// it is run again with the same token. Without a way to the hub, --bundle takes in what its operator sent back. Start the
    /// node afterwards.
    Join(Join),
    /// Print a settings file in which every setting is explained; init writes such a one.
    Settings,
    /// Serve the desk and keep the link to the hub, until told to stop.
    ///
    /// SIGTERM or Ctrl-C end it in order, a second one at once. Logs go to standard error, by LINTAS_LOG.
    Run,
    /// How the node stands: link, outbox, last receipt, refusals; with --check one line and exit codes for monitoring.
    Status(Box<Status>),
    /// Complaints, newest change first.
    List(List),
    /// One complaint's story.
    ///
    /// Who did what and when, across all nodes, and where it stands now.
    Show(Shown),
    /// What reporters are to be told, or were: which step, to whom, and why it was not sent.
    ///
    /// The newest 1000. Nobody's address is shown. What was given up is tried again with `notices retry`.
    Notices(Notices),
    /// Print the receipt of a complaint, for the reporter to keep.
    Receipt(Paper),
    /// Print the letter with the answer to a complaint.
    ///
    /// For people without the internet. It holds what was written, of a confidential complaint too: hand it to the reporter alone.
    Letter(Paper),
    /// Sums over complaints: how many stand where, how long they took, how they went from hand to hand, how they were rated.
    ///
    /// Complaints that are confidential, or that an account may not read, are counted; none is shown. An account is told of its unit
    /// and those below it. Columns: docs/OPERATIONS.md.
    Statistics(Arguments),
    /// The units that this node knows; add, rename, merge and close its own.
    ///
    /// What is declared here counts for others when the hub has published it; until then it is shown as waiting.
    Units(Units),
    /// The nodes, how they stand, and the codes of their keys.
    ///
    /// The code of this node's own keys is what its people read out to those of the node above, who endorse it.
    Nodes,
    /// Say that the keys of the node below were compared with what that node shows.
    ///
    /// Its people read out the code of its keys (`nodes` there, its own line), over the telephone or in person, to somebody who
    /// knows them. Only with that code, and only by the node above, are they endorsed. Until then no complaint of others goes to it.
    Endorse(Endorse),
    /// Check journal, seals, receipts, and every complaint against its events.
    ///
    /// It reads only, and may run beside the node. Every difference is a line; then it ends with 65.
    Verify,
    /// Take the journal back from the hub and begin a new life of it: after a restored backup or a lost disk.
    ///
    /// The node must not run, the hub must. Interrupted, it can be run again.
    Recover,
    /// Write complaints to a table or to JSON lines.
    ///
    /// Every complaint that this node has and that fits, in the order of filing, one row each; the columns are described in
    /// docs/OPERATIONS.md. Without --identity nobody's name is in it, without --confidential no text of a confidential complaint.
    /// In a table, a cell that a spreadsheet would take for a formula begins with an apostrophe.
    Export(Box<Export>),
    /// Take complaints over from another system, from a table.
    ///
    /// Every line is checked before anything is written: with one mistake nothing is taken over, and every mistake is told, by
    /// line and column. Each complaint is filed, marked as imported, and brought to its state by the desk's own actions. What was
    /// taken over before, by the source's name and number, is not taken over again; interrupted, it can be run again. A running
    /// node does it; if none runs, this program does. Fields, defaults and an example: docs/OPERATIONS.md.
    Import(Box<Import>),
    /// Print a script that completes this program's command line in a shell.
    Completions(Completions),
    /// Write this program's manual pages into a folder.
    Man(Man),
    /// Print the page of this program's commands.
    #[command(hide = true)]
    Markdown,
    /// Make a backup while the node runs or not, or check one.
    Backup(Backup),
    /// Put a backup in the place of what is here, once all of it has been verified; no node may run.
    Restore(Restore),
    /// Make a recovery kit, confirm that it is kept, or take keys from one.
    ///
    /// The kit holds the signing, sealing and storage keys, protected by a passphrase that is shown once. Without the keys, what was
    /// sealed to this node and what its database holds cannot be read by anybody.
    Kit(Kit),
    /// Make new signing and sealing keys, which take the place of the present ones; then restart the node.
    ///
    /// The node tells the hub under its present key; from the place in its journal where the hub has recorded it on, the new keys count.
    /// Nothing of the old ones is lost: what was sealed to them is read as before. `status` says when they are in force.
    RotateKeys,
    /// What proves that the hub shows different registries to different nodes.
    ///
    /// Two words that the hub has signed of one place in its journal and that cannot both be true. While there is any that nobody has
    /// looked into, this node seals nothing: neither its journal nor content to others. --json gives the exact bytes, to be shown elsewhere.
    Evidence(Evidence),
    /// Put the key files under a passphrase, or take them out from under it.
    ///
    /// Then nobody who takes the disk reads what it locks. keys.passphrase in the settings says where the passphrase comes from when the
    /// program needs the keys: a file that lies elsewhere, a credential, or ask (at a terminal, or as a line of standard input).
    ProtectKeys(ProtectKeys),
    /// Whom to ask, in order and with the reason: about a complaint, or about a case that nobody has filed yet.
    ///
    /// The lowest competent unit comes first, then the way up. Left out are units that have returned it, and those it is about.
    Route(RouteArguments),
    /// Areas of the country by code or name; typing errors are forgiven.
    Areas(AreasArguments),
    /// What complaints can be about.
    Categories(CategoriesArguments),
    /// Put all stored content under the present storage key; no node may run.
    ///
    /// Afterwards older lines of the storage key's file are needed for older backups alone.
    Rewrap(Rewrap),
    /// Look at all that the node rests on, and say what is wrong and what to do. Exit code 1 if there is a problem.
    Doctor,
    /// Log in, with a login and a password.
    ///
    /// The session lasts twelve hours. Its token goes into a file of this user alone, where later commands find it. A password that was
    /// given out is changed on the way.
    Login(Login),
    /// End the session.
    Logout,
    /// The accounts of the people who work here.
    ///
    /// By the account of the system that runs the node, or by an admin.
    #[command(subcommand)]
    Account(AccountCommand),
    /// What waits for a second person.
    Approvals,
    /// Approve what somebody else has asked for; they then do it by asking again.
    Approve(Approve),
    /// Practise: a whole training federation on this machine, with simulated residents and units.
    ///
    /// Everything in it is marked LATIHAN. It has a folder of its own and touches no other; no real federation can become one.
    #[command(subcommand)]
    Practice(Practice),
    /// Everything that can be done with a complaint, `verify` among it.
    ///
    /// All but `verify` can be said without this word too.
    #[command(subcommand)]
    Complaint(ComplaintCommand),
    #[command(flatten)]
    Act(ActCommand),
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Notices {
    #[command(subcommand)]
    pub(crate) command: Option<NoticesCommand>,
    /// Only what was given up.
    #[arg(long)]
    pub(crate) dead: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum NoticesCommand {
    /// Have what was given up tried again.
    ///
    /// By the account of the system that runs the node, an admin, or a unit admin for what that may see.
    Retry(Retry),
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The notice, as `notices --dead` names it.
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) id: Option<String>,
    /// Everything that was given up, up to 1000.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Paper {
    /// Tracking number, id, or at least 6 digits of the id.
    pub(crate) complaint: String,
}

#[derive(Debug, Args)]
pub(crate) struct Endorse {
    /// The node, such as 13.71.
    #[arg(value_name = "NODE")]
    pub(crate) node: String,
    /// The code that its people read out: 24 digits, grouped or not.
    #[arg(required = true, num_args = 1..=6, value_name = "CODE")]
    pub(crate) code: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Evidence {
    /// Note that people have looked into all of it and found out which registry is the right one; no node may run.
    #[arg(long)]
    pub(crate) dismiss: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RouteArguments {
    /// A complaint: its tracking number, its id, or the beginning of it.
    #[arg(value_name = "COMPLAINT", required_unless_present = "category", conflicts_with_all = ["category", "area", "about"])]
    pub(crate) complaint: Option<String>,
    /// What it is about; see `categories`.
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// Where it happened: a code or a name; see `areas`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) area: String,
    /// The unit complained of.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) about: String,
}

#[derive(Debug, Args)]
pub(crate) struct AreasArguments {
    /// A code, today's or an older one, or a name, such as "lubuk begalung padang".
    #[arg(required = true, num_args = 1.., value_name = "TEXT")]
    pub(crate) text: Vec<String>,
    /// Only within this area.
    #[arg(long, value_name = "CODE")]
    pub(crate) within: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=200))]
    pub(crate) limit: u16,
}

#[derive(Debug, Args)]
pub(crate) struct CategoriesArguments {
    /// Only those whose code or name has this in it.
    #[arg(value_name = "TEXT")]
    pub(crate) text: Option<String>,
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
pub(crate) struct Kit {
    /// Where the kit goes; recovery-kit.txt in the node's folder unless given.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["confirm", "open"])]
    pub(crate) out: Option<PathBuf>,
    /// Say that the kit with this code, which stands at its end, is kept in a safe place.
    #[arg(long, value_name = "CODE", conflicts_with = "open")]
    pub(crate) confirm: Option<String>,
    /// Put the keys of a kit where they are missing. The passphrase comes by standard input, or from a file.
    #[arg(long, value_name = "FILE")]
    pub(crate) open: Option<PathBuf>,
    /// With --open: a file with the passphrase, instead of standard input.
    #[arg(long, value_name = "FILE", requires = "open")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Rewrap {
    /// Make a new storage key first; it becomes the present one.
    #[arg(long)]
    pub(crate) new_key: bool,
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
    /// A file with the token; - for standard input, which is also read if nothing is given.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// An HTTP proxy on the way to the hub: HOST:PORT. It goes into the settings.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "bundle")]
    pub(crate) proxy: Option<String>,
    /// The node's certificate in PEM, issued by the operator's own authority for the TLS key that is here; else the hub issues one.
    #[arg(long, value_name = "FILE", conflicts_with = "bundle")]
    pub(crate) certificate: Option<PathBuf>,
    /// The bundle that answered the request of init, instead of a token; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "token_file")]
    pub(crate) bundle: Option<PathBuf>,
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
pub(crate) struct List {
    /// Only those held by this unit or one below it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) unit: String,
    /// Only those in this state; may be repeated.
    #[arg(long, value_parser = words(DisplayState::ALL.iter().map(|state| state.name())))]
    pub(crate) state: Vec<String>,
    /// Only those held at this node.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) node: String,
    /// Only those filed at this node.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) origin: String,
    /// Only those with late events.
    #[arg(long)]
    pub(crate) late: bool,
    /// Only those that were taken over from another system.
    #[arg(long)]
    pub(crate) imported: bool,
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
    ///
    /// By the custodian. It needs the word `complaint` before it: `verify` alone checks the database.
    Verify(Acting),
    #[command(flatten)]
    Act(ActCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ActCommand {
    /// File a complaint.
    ///
    /// By any unit of this node. It prints the tracking number once the complaint is on disk.
    File(Box<File>),
    /// Pass it down, or back, to a unit of this node.
    ///
    /// By the custodian. To a unit of another node it is `transfer`.
    Dispose(ToUnit),
    /// Take what another unit passed on.
    ///
    /// By the custodian, of what came by the hub.
    Accept(Acting),
    /// Put it off until the reporter completes the file.
    ///
    /// By the custodian.
    Defer(Why),
    /// Put it away without an answer.
    ///
    /// By the custodian. "Not my authority" is no reason for it: that is `return` or `transfer`.
    Archive(Why),
    /// Record work towards an answer.
    ///
    /// By the custodian.
    FollowUp(Acting),
    /// Answer; needs a text.
    ///
    /// By the custodian. The reporter may then confirm, or reply.
    Respond(Acting),
    /// End it, after an answer.
    ///
    /// By the custodian.
    Close(Acting),
    /// Open it again.
    ///
    /// By the custodian, of what is closed or archived.
    Reopen(Acting),
    /// Ask that another body's unit answer.
    ///
    /// By the custodian. Custody stays until the hub has moved it.
    Transfer(Transfer),
    /// Ask that it go back to its sender.
    ///
    /// By the custodian, of what came by transfer or return and is not accepted yet.
    Return(Why),
    /// Take the transfer or return back.
    ///
    /// By the custodian, as long as it is under way.
    TakeBack(Acting),
    /// Write a late event's change anew.
    ///
    /// By the custodian.
    Adopt(Adopt),
    /// Put right what it is about.
    ///
    /// By the custodian, instead of having it filed again. The filing stays as it was; routes and deadlines follow the new category.
    Recategorise(Recategorise),
    /// Link it to another complaint that it has to do with.
    ///
    /// By the custodian. The link is shown with both, where both are known.
    Relate(Other),
    /// Put it away as the same matter as another complaint's.
    ///
    /// By the custodian. Where it was filed, the other complaint's course is followed from then on, if that may be known there.
    /// `reopen` takes it back.
    Double(Double),
    /// Take a link to another complaint back.
    ///
    /// By the custodian.
    Unlink(Other),
    /// The reporter's reply; needs a text.
    ///
    /// At the node where the complaint was filed.
    Reply(Acting),
    /// The reporter completes the file; needs a text.
    ///
    /// At the node where the complaint was filed.
    Complete(Acting),
    /// The reporter confirms the answer.
    ///
    /// At the node where the complaint was filed, once there is an answer.
    Confirm(Acting),
    /// The reporter rates the handling, with words if there are any.
    ///
    /// At the node where the complaint was filed, once there is an answer or an end. Up to three times; the last one counts.
    Rate(Rate),
    /// The reporter appeals; needs a text with the reasons.
    ///
    /// At the node where the complaint was filed, once, after it was closed or archived. The hub then moves it to the next level up.
    Appeal(Acting),
    /// The reporter withdraws the complaint.
    ///
    /// At the node where the complaint was filed, before there is an answer. The custodian sees it, and archives.
    Withdraw(Acting),
    /// Destroy an event's content, for ever.
    ///
    /// By the event's author, or by the node where the complaint was filed. The journal still verifies.
    Redact(Redact),
}

/// A complaint, who acts, and what is written beside it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Acting {
    /// Tracking number, id, or at least 6 digits of the id.
    pub(crate) complaint: String,
    /// The acting unit; the holder unless given, or the filing unit in what the reporter says.
    #[arg(long, default_value = "", hide_default_value = true)]
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
pub(crate) struct Transfer {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// To which unit; the router's first proposal of another body unless given. An agency of another government that the route does
    /// not name stands for its government.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) to: String,
    /// Why; `other` needs a text.
    #[arg(long, default_value = "competent", value_parser = words(Reason::ALL.iter().map(|reason| reason.name())))]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct ToUnit {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// To which unit.
    #[arg(long)]
    pub(crate) to: String,
    /// Why; `other` needs a text.
    #[arg(long, default_value = "competent", value_parser = words(Reason::ALL.iter().map(|reason| reason.name())))]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Why {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// Why; `other` needs a text.
    #[arg(long, value_parser = words(Reason::ALL.iter().map(|reason| reason.name())))]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct Adopt {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The late event's hash, or at least 6 digits of it; the only one unless given.
    #[arg(long, default_value = "", hide_default_value = true)]
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
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) unit: String,
    /// What kind of complaint, from which its deadlines follow; that of its category unless given.
    #[arg(long, value_parser = words(Class::ALL.iter().map(|class| class.name())))]
    pub(crate) class: Option<String>,
    /// How it came in.
    #[arg(long, default_value = "counter", value_parser = words(Channel::ALL.iter().map(|channel| channel.name())))]
    pub(crate) channel: String,
    /// What it is about: a code such as jalan-rusak; see `categories`.
    #[arg(long)]
    pub(crate) category: String,
    /// Who may know what: all but the reporter's name, no identity kept at all, or nothing for the public.
    #[arg(long, default_value = "open", value_parser = words(Visibility::ALL.iter().map(|word| word.name())))]
    pub(crate) visibility: String,
    /// Somebody files it for the reporter.
    #[arg(long)]
    pub(crate) on_behalf: bool,
    /// The unit complained of; it is never given the complaint.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) about: String,
    /// Where it happened: an area's code such as 13.71.01, or its name such as "padang selatan"; see `areas`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) area: String,
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
    /// The reporter's e-mail address, to which each step is told, if this node sends mail.
    #[arg(long, conflicts_with = "reporter_file")]
    pub(crate) email: Option<String>,
    /// A JSON file with name, phone, address and email.
    #[arg(long, value_name = "FILE")]
    pub(crate) reporter_file: Option<PathBuf>,
}

/// The words of a list: completed by shells, listed in help.
fn words(names: impl Iterator<Item = &'static str>) -> PossibleValuesParser {
    PossibleValuesParser::new(names)
}

/// The folder that is named or, if none is, the usual one.
fn folder(text: OsString) -> PathBuf {
    if text.is_empty() { usual_folder("lintas-node") } else { text.into() }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').ok_or("it is a name, = and a value, such as hub.address=hub.lapor.go.id:7443")?;
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
        let _ = writeln!(std::io::stderr(), "lintas-node: {TOKEN_SEEN}");
        return Err(Exit::CommandLine);
    }
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
            "lintas-node status --ready",
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
            "lintas-node transfer",
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
