//! The part of the command line that is about people: accounts, logging in, what takes two. It does nothing.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use lintas::domain::AccountRole;

fn roles() -> PossibleValuesParser {
    PossibleValuesParser::new(AccountRole::ALL.iter().map(|role| role.name()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account, or with --from those of a table.
    ///
    /// Its password must be changed at the first login, unless --lasting says that its holder has chosen it.
    Add(Add),
    /// All accounts, closed ones among them.
    List,
    /// Give an account another password; its sessions end.
    ///
    /// It must be changed at the next login, unless --lasting says that its holder has chosen it. To change one's own: `login`.
    Password(NewPassword),
    /// Give an account another role, or another unit.
    Role(NewRole),
    /// Close an account for good; its sessions end.
    ///
    /// What its holder did keeps its pseudonym. The login is never given again.
    Close(OfLogin),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// What its holder logs in with: 2 to 40 lower-case letters, digits, dots, hyphens and underscores.
    #[arg(required_unless_present = "from", requires_all = ["name", "role"])]
    pub(crate) login: Option<String>,
    /// Its holder's name.
    #[arg(long, conflicts_with = "from")]
    pub(crate) name: Option<String>,
    /// What tells its holder from others of that name, such as a NIP.
    #[arg(long, default_value = "", hide_default_value = true, conflicts_with = "from")]
    pub(crate) person: String,
    /// What its holder may do.
    #[arg(long, value_parser = roles(), conflicts_with = "from")]
    pub(crate) role: Option<String>,
    /// For which unit and those below it; the node's own unless given.
    #[arg(long, default_value = "", hide_default_value = true, conflicts_with = "from")]
    pub(crate) unit: String,
    #[command(flatten)]
    pub(crate) password: Given,
    /// A CSV table with the columns login, name, role, unit and perhaps person. With one mistake nothing is made.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["login", "password_file", "lasting"], requires = "passwords")]
    pub(crate) from: Option<PathBuf>,
    /// With --from: a new file (mode 0600) for the passwords to give out, one line each.
    #[arg(long, value_name = "FILE", requires = "from")]
    pub(crate) passwords: Option<PathBuf>,
}

/// A password that is given.
#[derive(Debug, Args)]
pub(crate) struct Given {
    /// A file (mode 0600) with the password; asked for, or read from standard input, unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Its holder has chosen it: it need not be changed.
    #[arg(long)]
    pub(crate) lasting: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NewPassword {
    #[command(flatten)]
    pub(crate) of: OfLogin,
    #[command(flatten)]
    pub(crate) password: Given,
}

#[derive(Debug, Args)]
pub(crate) struct NewRole {
    #[command(flatten)]
    pub(crate) of: OfLogin,
    /// What its holder may do from now on.
    #[arg(long, value_parser = roles())]
    pub(crate) role: String,
    /// For which unit; the one it has unless given.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) unit: String,
}

#[derive(Debug, Args)]
pub(crate) struct OfLogin {
    /// The account's login.
    pub(crate) login: String,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_field_names, reason = "that is what it is called")]
pub(crate) struct Login {
    /// The account's login.
    pub(crate) login: String,
    /// A file (mode 0600) with the password; asked for, or read from standard input, unless given.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file (mode 0600) with the password from now on, to change it.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The request's name, as `approvals` shows it.
    pub(crate) request: String,
}
