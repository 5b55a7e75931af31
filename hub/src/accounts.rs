//! The accounts of the people who run the hub, and what takes two of them. The hub has no desk: an account here only says who asks and
//! who approves. Whoever can open the database makes accounts; whoever approves shows a password.

use std::path::Path;
use std::sync::Arc;

use lintas::accounts::{AccountError, Accounts, NewAccount, Password, Person, Revision, approval};
use lintas::desk::socket::own_uid;
use lintas::desk::table::table;
use lintas::domain::{AccountRole, UnitCode};
use lintas::identity::files::read_secret;
use lintas::runtime::{Clock as _, Exit, OsEntropy, SystemClock, secret};
use lintas::store::Account;
use lintas::store::database::Database;
use lintas::words::{Word as _, iso};
use serde_json::{Value, json};

use crate::cli::people::{AccountCommand, Acting, Add, Approve, Given};
use crate::database;
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::Settings;

/// The accounts of the hub's database.
pub(crate) fn accounts(store: &Database) -> Accounts<Database> {
    Accounts::new(store.clone(), UnitCode::root(), Arc::new(SystemClock), Arc::new(OsEntropy))
}

/// Carries out a command on accounts.
///
/// # Errors
/// If something about it is wrong.
pub(crate) async fn account(settings: &Settings, command: AccountCommand, voice: Voice) -> Result<(), Failure> {
    if let AccountCommand::List = command {
        let store = database::reader(settings).await?;
        let all = accounts(&store).list().await?;
        store.close().await;
        voice.answer(&json!({ "accounts": all.iter().map(as_json).collect::<Vec<_>>() }), &listed(&all, voice));
        return Ok(());
    }
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let done = write(&accounts(&store), command, voice).await;
    store.close().await;
    let (code, account) = done?;
    let (role, unit) = (account.role.in_words(voice.language), account.unit.to_string());
    voice.answer(&as_json(&account), &voice.say(code, &[("login", &account.login), ("role", role), ("unit", &unit)]));
    Ok(())
}

async fn write(
    accounts: &Accounts<Database>,
    command: AccountCommand,
    voice: Voice,
) -> Result<(&'static str, Account), Failure> {
    let (login, revision) = match command {
        AccountCommand::Add(Add { login, name, person, role, password }) => {
            let (one_time, password) = (!password.lasting, given(&password, voice)?);
            let (role, unit) = (role_of(&role)?, UnitCode::root());
            let new = NewAccount { login, name, person, role, unit, password, one_time };
            let made = accounts.add(&[new]).await.map_err(|wrong| {
                wrong.into_iter().next().map_or(Failure::Account(AccountError::Table), |(_, error)| error.into())
            })?;
            return Ok(("account.made", made.into_iter().next().ok_or(AccountError::UnknownLogin)?));
        }
        AccountCommand::Password(new) => {
            let one_time = !new.password.lasting;
            (new.of.login, Revision::Password { password: given(&new.password, voice)?, one_time })
        }
        AccountCommand::Role(new) => (new.of.login, Revision::Role { role: role_of(&new.role)?, unit: None }),
        AccountCommand::Close(of) => (of.login, Revision::Close),
        AccountCommand::List => return Err(Failure::Account(AccountError::UnknownLogin)),
    };
    Ok(("account.changed", accounts.revise(&login, revision).await?))
}

/// Who gives a command: the holder of an admin account who shows its password, or the account of the system.
///
/// # Errors
/// If login or password is wrong, the account is no admin's, or its password was given out and no new one comes with it.
pub(crate) async fn person(store: &Database, acting: &Acting, voice: Voice) -> Result<Person, Failure> {
    let Some(login) = &acting.account else {
        let uid = own_uid().map_err(|error| Failure::Argument { argument: "--account", cause: error.to_string() })?;
        return Ok(Person::of_uid(uid));
    };
    let password = secret_of(acting.password_file.as_deref(), "account.ask", voice)?;
    let new = acting.new_password_file.as_deref();
    let new = new.map(|path| secret_of(Some(path), "account.ask-new", voice)).transpose()?;
    let account = accounts(store).authenticate(login, &password, new.as_ref()).await?;
    match account.role {
        AccountRole::Admin => Ok(Person::of_account(&account)),
        role @ (AccountRole::UnitAdmin | AccountRole::Liaison | AccountRole::Auditor) => {
            Err(AccountError::NotAllowed { role }.into())
        }
    }
}

/// Shows what waits for a second person.
///
/// # Errors
/// If the database cannot be read.
pub(crate) async fn approvals(settings: &Settings, voice: Voice) -> Result<(), Failure> {
    let store = database::reader(settings).await?;
    let waiting = approval::waiting(&store, SystemClock.timestamp()).await?;
    store.close().await;
    let value: Vec<Value> = waiting.iter().map(request_json).collect();
    let titles = ["id", "what", "subject", "asker", "until", "approver"];
    let titles = titles.map(|title| voice.say(&format!("approval.{title}"), &[]));
    let rows: Vec<_> = waiting
        .iter()
        .map(|one| {
            let approver = one.approver.as_ref().map_or_else(|| "-".to_owned(), |somebody| somebody.by.clone());
            let until = iso(one.expires).unwrap_or_default();
            [approval::name(one), one.kind.clone(), approval::subject(one), one.asker.by.clone(), until, approver]
        })
        .collect();
    let text = if rows.is_empty() {
        voice.say("approval.none", &[])
    } else {
        table(titles.each_ref().map(String::as_str), &rows)
    };
    voice.answer(&json!({ "approvals": value }), &text);
    Ok(())
}

/// Approves what somebody else has asked for.
///
/// # Errors
/// If it does not wait, or whoever approves has asked for it.
pub(crate) async fn approve(settings: &Settings, asked: &Approve, voice: Voice) -> Result<(), Failure> {
    let database::Writer { store, _lock } = database::writer(settings, Some(voice)).await?;
    let by = person(&store, &asked.acting, voice).await?;
    let approved = approval::approve(&store, &asked.request, &by, SystemClock.timestamp()).await;
    store.close().await;
    let approved = approved?;
    let facts = [("kind", approved.kind.as_str()), ("subject", &approval::subject(&approved))];
    voice.answer(&request_json(&approved), &voice.say("approval.approved", &facts));
    Ok(())
}

fn role_of(name: &str) -> Result<AccountRole, AccountError> {
    AccountRole::from_name(name).ok_or(AccountError::RoleShape)
}

/// A password that somebody gives an account: at a terminal it is asked for twice.
fn given(given: &Given, voice: Voice) -> Result<Password, Failure> {
    let first = secret_of(given.password_file.as_deref(), "account.ask-new", voice)?;
    let asked = given.password_file.is_none() && secret::can_ask();
    if asked && secret_of(None, "account.ask-again", voice)? != first {
        return Err(Failure::Argument { argument: "password", cause: voice.say("account.differ", &[]) });
    }
    Ok(first)
}

/// A password of a file, or typed, or of standard input.
fn secret_of(path: Option<&Path>, prompt: &str, voice: Voice) -> Result<Password, Failure> {
    if let Some(path) = path {
        let bytes = read_secret(path)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::Given {
            path: path.display().to_string(),
            cause: "the password is no text".to_owned(),
            exit: Exit::BadData,
        })?;
        return Ok(Password::typed(text));
    }
    let line = secret::read_line(&voice.say(prompt, &[]));
    let line = line.map_err(|cause| Failure::Argument { argument: "password", cause: cause.to_string() })?;
    Ok(Password::typed(&line))
}

fn as_json(account: &Account) -> Value {
    json!({
        "login": account.login, "name": account.name, "person": account.person, "role": account.role.name(),
        "pseudonym": account.pseudonym.to_string(), "created": iso(account.created), "closed": account.closed.and_then(iso),
        "one_time": account.one_time,
    })
}

fn request_json(request: &lintas::store::Request) -> Value {
    json!({
        "id": approval::name(request), "kind": request.kind, "subject": approval::subject(request),
        "asker": request.asker.by, "asked": iso(request.asked), "expires": iso(request.expires),
        "approver": request.approver.as_ref().map(|somebody| &somebody.by),
    })
}

fn listed(accounts: &[Account], voice: Voice) -> String {
    if accounts.is_empty() {
        return voice.say("account.none", &[]);
    }
    let titles = ["login", "name", "role", "pseudonym", "state"];
    let titles = titles.map(|title| voice.say(&format!("account.list-{title}"), &[]));
    let state = |account: &Account| match account {
        Account { closed: Some(_), .. } => "account.state-closed",
        Account { one_time: true, .. } => "account.state-one-time",
        _ => "account.state-open",
    };
    let row = |account: &Account| {
        let digits = account.pseudonym.to_string();
        let digits = digits.get(..8).unwrap_or(&digits).to_owned();
        let (role, state) = (account.role.in_words(voice.language).to_owned(), voice.say(state(account), &[]));
        [account.login.clone(), account.name.clone(), role, digits, state]
    };
    let rows: Vec<_> = accounts.iter().map(row).collect();
    table(titles.each_ref().map(String::as_str), &rows)
}
