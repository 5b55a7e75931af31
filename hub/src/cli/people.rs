//! The part of the command line that is about people: accounts, and what takes two of them. It does nothing.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use lintas::domain::AccountRole;

fn roles() -> PossibleValuesParser {
    PossibleValuesParser::new([AccountRole::Admin, AccountRole::Auditor].map(AccountRole::name))
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account.
    ///
    /// Its password must be changed at its first use, unless --lasting says that its holder has chosen it.
    Add(Add),
    /// All accounts, closed ones among them.
    List,
    /// Give an account another password.
    ///
    /// It must be changed at its next use, unless --lasting says that its holder has chosen it.
    Password(NewPassword),
    /// Give an account another role.
    Role(NewRole),
    /// Close an account for good; its login is never given again.
    Close(OfLogin),
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The login: 2 to 40 lower-case letters, digits, dots, hyphens and underscores.
    pub(crate) login: String,
    /// Its holder's name.
    #[arg(long)]
    pub(crate) name: String,
    /// What tells its holder from others of that name, such as a NIP.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) person: String,
    /// What its holder may do: an admin asks for and approves what takes two.
    #[arg(long, value_parser = roles())]
    pub(crate) role: String,
    #[command(flatten)]
    pub(crate) password: Given,
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
}

#[derive(Debug, Args)]
pub(crate) struct OfLogin {
    /// The account's login.
    pub(crate) login: String,
}

#[derive(Debug, Args)]
pub(crate) struct Approve {
    /// The request's name, as `approvals` shows it.
    pub(crate) request: String,
    #[command(flatten)]
    pub(crate) acting: Acting,
}

/// Who gives a command that takes two.
#[derive(Debug, Args)]
pub(crate) struct Acting {
    /// Who gives this command: the login of an admin's account. Unless given, the account of the system counts as one person.
    #[arg(long, value_name = "LOGIN")]
    pub(crate) account: Option<String>,
    /// A file (mode 0600) with that account's password; asked for, or read from standard input, unless given.
    #[arg(long, env = "LINTAS_PASSWORD_FILE", value_name = "FILE", requires = "account")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file (mode 0600) with its password from now on, to change it.
    #[arg(long, value_name = "FILE", requires = "account")]
    pub(crate) new_password_file: Option<PathBuf>,
}
