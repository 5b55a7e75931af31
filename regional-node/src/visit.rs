//! Where a command goes and as whom: to the running node or to the database, as the account of the system, with a session, or in
//! somebody's name. It decides nothing; the desk does.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use lintas::accounts::{AccountError, Token};
use lintas::desk::Desk;
use lintas::desk::service::{Caller, ClientError, Credentials};
use lintas::desk::socket::{DeskSocket, SocketPlace};
use lintas::identity::files::read_secret;
use lintas::runtime::OsEntropy;
use lintas::store::sqlite::SqliteStore;
use lintas::words::Language;

use crate::cli::Common;
use crate::estate;
use crate::failure::Failure;
use crate::keys::ring;
use crate::run::open_socket;
use crate::settings::Settings;

/// The file of a session, within the folder that the system gives a user for such.
const SESSION_NAME: &str = "lintas-node.session";

/// Where the token of a session is, or would be: where the command line says, else in the user's own folder, if there is one.
pub(crate) fn session_file(common: &Common) -> Option<PathBuf> {
    let usual = || env::var_os("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join(SESSION_NAME));
    common.session.clone().or_else(usual)
}

/// As whom.
fn credentials(common: &Common) -> Result<Credentials, Failure> {
    if let Some(login) = &common.in_the_name_of {
        return Ok(Credentials::As(login.clone()));
    }
    let Some(path) = session_file(common) else { return Ok(Credentials::System) };
    if !path.exists() {
        // A session that is named must be there; the usual place may be empty.
        let named = common.session.is_some();
        return if named { Err(AccountError::NotLoggedIn.into()) } else { Ok(Credentials::System) };
    }
    let text = read_secret(&path)?;
    let token = std::str::from_utf8(&text).ok().and_then(Token::parse);
    Ok(Credentials::Session(token.ok_or(AccountError::SessionEnded)?))
}

/// The running node, called by nobody in particular: to log in.
///
/// # Errors
/// If none answers.
pub(crate) async fn door(common: &Common) -> Result<Caller<SqliteStore>, Failure> {
    let place = match &common.socket {
        Some(path) => SocketPlace::for_people(path)?,
        None => SocketPlace::of(&Settings::load(common)?.data)?,
    };
    Ok(Caller::connect(&place).await?)
}

/// The running node.
///
/// # Errors
/// If none answers, or somebody must log in first.
pub(crate) async fn desk(common: &Common) -> Result<Caller<SqliteStore>, Failure> {
    let credentials = credentials(common)?;
    Ok(door(common).await?.with(credentials))
}

/// Whoever can be asked.
pub(crate) enum Visit {
    /// The running node.
    Desk(Box<Caller<SqliteStore>>),
    /// The database, for the account of the system that can open it.
    Books(Box<Settings>),
}

/// Whoever can be asked: the node for somebody who has logged in or comes by the socket for people, else the database.
///
/// # Errors
/// If there is none.
pub(crate) async fn reading(common: &Common) -> Result<Visit, Failure> {
    if common.socket.is_none() && credentials(common)? == Credentials::System {
        return Ok(Visit::Books(Box::new(Settings::load(common)?)));
    }
    desk(common).await.map(|caller| Visit::Desk(Box::new(caller)))
}

/// Whoever can be asked and told: the running node or, for the account of the system, a desk in this process, which keeps others from
/// serving meanwhile.
///
/// # Errors
/// If there is none.
pub(crate) async fn writing(
    common: &Common,
    lang: Language,
) -> Result<(Caller<SqliteStore>, Option<DeskSocket>), Failure> {
    match desk(common).await {
        Err(Failure::Client(ClientError::NotRunning(_))) if common.socket.is_none() => {
            let settings = Settings::load(common)?;
            let socket = open_socket(&settings)?;
            let store = estate::open(&settings, Some(lang)).await?;
            let desk = Desk::open(store, Arc::clone(&settings.clock), Arc::new(OsEntropy), ring(&settings)?)
                .await?
                .with_timetable(Arc::clone(&settings.timetable));
            Ok((Caller::local(desk).with(credentials(common)?), Some(socket)))
        }
        other => Ok((other?, None)),
    }
}
