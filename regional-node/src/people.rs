//! Accounts, logging in, approvals: from the command to the desk's calls, and what is told of it. Passwords come from files, from
//! standard input or from whoever is asked at a terminal, never from the command line.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use lintas::accounts::{AccountError, Password, roster};
use lintas::desk::service::{Caller, ClientError};
use lintas::desk::table::table;
use lintas::domain::UnitCode;
use lintas::identity::files::{create_secret, read_secret, replace_secret};
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::change_account_request::Change;
use lintas::runtime::{OsEntropy, secret};
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::cli::Common;
use crate::cli::people::{AccountCommand, Add, Approve, Given, Login};
use crate::failure::{Failure, Mistaken};
use crate::output::{clean, time};
use crate::settings::Settings;
use crate::visit;

type Told = (Value, String);

/// Carries out a command on accounts.
///
/// # Errors
/// If it may not be done, or something about it is wrong.
pub(crate) async fn account(common: &Common, command: AccountCommand, lang: Language) -> Result<Told, Failure> {
    let (mut caller, _held) = visit::writing(common, lang).await?;
    let change = |login: String, change| wire::ChangeAccountRequest { login, change: Some(change) };
    let request = match command {
        AccountCommand::Add(Add { from: Some(table), passwords: Some(passwords), .. }) => {
            return add_all(common, &mut caller, &table, &passwords, lang).await;
        }
        AccountCommand::Add(new) => return add(common, &mut caller, new, lang).await,
        AccountCommand::List => {
            let accounts = caller.list_accounts(wire::ListAccountsRequest {}).await?.accounts;
            return Ok((
                json!({ "accounts": accounts.iter().map(as_json).collect::<Vec<_>>() }),
                listed(&accounts, lang),
            ));
        }
        AccountCommand::Password(new) => {
            let one_time = !new.password.lasting;
            let password = given(&new.password, lang)?.reveal().to_owned();
            change(new.of.login, Change::Password(wire::NewPassword { password, one_time }))
        }
        AccountCommand::Role(new) => {
            change(new.of.login, Change::Role(wire::NewRole { role: new.role, unit: new.unit }))
        }
        AccountCommand::Close(of) => change(of.login, Change::CloseAccount(wire::CloseAccount {})),
    };
    let account = caller.change_account(request).await?.account.unwrap_or_default();
    Ok(told("account.changed", &account, lang))
}

async fn add(common: &Common, caller: &mut Caller<SqliteStore>, new: Add, lang: Language) -> Result<Told, Failure> {
    let unit = if new.unit.is_empty() { own_unit(common)?.to_string() } else { new.unit };
    let password = given(&new.password, lang)?;
    let account = wire::NewAccount {
        login: new.login.unwrap_or_default(),
        name: new.name.unwrap_or_default(),
        person: new.person,
        role: new.role.unwrap_or_default(),
        unit,
        password: password.reveal().to_owned(),
        one_time: !new.password.lasting,
    };
    let made = made(caller, vec![account], &[0]).await?;
    Ok(told("account.made", made.first().unwrap_or(&wire::Account::default()), lang))
}

/// The accounts of a table; their passwords are on the disk before they are made.
async fn add_all(
    common: &Common,
    caller: &mut Caller<SqliteStore>,
    table: &Path,
    passwords: &Path,
    lang: Language,
) -> Result<Told, Failure> {
    let mut text = Vec::new();
    let read = fs::File::open(table).and_then(|file| file.take(roster::TABLE_BYTES_MAX).read_to_end(&mut text));
    read.map_err(|cause| Failure::Argument(format!("--from {}: {cause}", table.display())))?;
    let rows = roster::read(&text, &own_unit(common)?, &OsEntropy)
        .map_err(|wrong| Failure::Accounts(wrong.iter().map(|(line, error)| Mistaken::of(*line, error)).collect()))?;
    let mut lines = Zeroizing::new(String::from("login,password\n"));
    for (_, account) in &rows {
        lines.extend([account.login.as_str(), ",", account.password.reveal(), "\n"]);
    }
    create_secret(passwords, lines.as_bytes())?;
    let places: Vec<u64> = rows.iter().map(|(line, _)| *line).collect();
    let new = rows.into_iter().map(|(_, account)| wire::NewAccount {
        login: account.login,
        name: account.name,
        person: account.person,
        role: account.role.name().to_owned(),
        unit: account.unit.to_string(),
        password: account.password.reveal().to_owned(),
        one_time: account.one_time,
    });
    let made = match made(caller, new.collect(), &places).await {
        Ok(made) => made,
        Err(failure) => {
            // Passwords of accounts that do not exist.
            let _ = fs::remove_file(passwords);
            return Err(failure);
        }
    };
    let (count, path) = (made.len().to_string(), passwords.display().to_string());
    let text = words::say("account.made-all", lang, &[("count", &count), ("path", &path)]);
    Ok((json!({ "accounts": made.iter().map(as_json).collect::<Vec<_>>(), "passwords": path }), text))
}

/// Makes accounts, each of which came from a place.
async fn made(
    caller: &mut Caller<SqliteStore>,
    accounts: Vec<wire::NewAccount>,
    places: &[u64],
) -> Result<Vec<wire::Account>, Failure> {
    let reply = caller.add_accounts(wire::AddAccountsRequest { accounts }).await?;
    if reply.mistakes.is_empty() {
        return Ok(reply.accounts);
    }
    let place = |index: u32| usize::try_from(index).ok().and_then(|index| places.get(index)).copied().unwrap_or(0);
    let mistaken = reply.mistakes.into_iter().map(|wrong| Mistaken {
        line: place(wrong.index),
        code: wrong.code,
        message: wrong.message,
        facts: wrong.facts.into_iter().collect(),
    });
    Err(Failure::Accounts(mistaken.collect()))
}

/// Logs in, and puts the session's token where later commands find it.
///
/// # Errors
/// If login or password is wrong, or there is no place for the token.
pub(crate) async fn login(common: &Common, asked: &Login, lang: Language) -> Result<Told, Failure> {
    let path = visit::session_file(common)
        .ok_or_else(|| Failure::Argument("there is no XDG_RUNTIME_DIR: say where with --session FILE".to_owned()))?;
    let mut caller = visit::door(common).await?;
    let password = secret_of(asked.password_file.as_deref(), "account.ask", lang)?;
    let new = asked.new_password_file.as_deref().map(|path| secret_of(Some(path), "account.ask-new", lang));
    let mut new = new.transpose()?;
    let reply = loop {
        let request = wire::LoginRequest {
            login: asked.login.clone(),
            password: password.reveal().to_owned(),
            new_password: new.as_ref().map(|new| new.reveal().to_owned()).unwrap_or_default(),
        };
        match caller.login(request).await {
            Err(ClientError::Refused(fault))
                if fault.code == AccountError::NewPasswordNeeded.code() && new.is_none() && secret::can_ask() =>
            {
                new = Some(chosen(lang)?);
            }
            other => break other?,
        }
    };
    replace_secret(&path, reply.token.as_bytes())?;
    let until = time(reply.expires_micros);
    let role = words::say(&format!("account-role.{}", reply.role), lang, &[]);
    let facts = [("role", role.as_str()), ("unit", &reply.unit), ("until", &until)];
    let value =
        json!({ "role": reply.role, "unit": reply.unit, "until": until, "session": path.display().to_string() });
    Ok((value, words::say("account.logged-in", lang, &facts)))
}

/// Ends the session, and removes its token.
///
/// # Errors
/// If there is none, or the node does not answer.
pub(crate) async fn logout(common: &Common, lang: Language) -> Result<Told, Failure> {
    let path = visit::session_file(common).filter(|path| path.exists()).ok_or(AccountError::NotLoggedIn)?;
    visit::desk(common).await?.logout(wire::LogoutRequest {}).await?;
    fs::remove_file(&path).map_err(|cause| Failure::Write { path: path.display().to_string(), cause })?;
    Ok((json!({ "session": Value::Null }), words::say("account.logged-out", lang, &[])))
}

/// What waits for a second person.
///
/// # Errors
/// If it may not be seen.
pub(crate) async fn approvals(common: &Common, lang: Language) -> Result<Told, Failure> {
    let (mut caller, _held) = visit::writing(common, lang).await?;
    let waiting = caller.list_approvals(wire::ListApprovalsRequest {}).await?.approvals;
    let value = json!({ "approvals": waiting.iter().map(approval_json).collect::<Vec<_>>() });
    if waiting.is_empty() {
        return Ok((value, words::say("approval.none", lang, &[])));
    }
    let titles = ["id", "what", "subject", "asker", "until", "approver"];
    let titles = titles.map(|title| words::say(&format!("approval.{title}"), lang, &[]));
    let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
    let rows = waiting.iter().map(|one| {
        let until = time(one.expires_micros);
        [one.id.clone(), one.kind.clone(), clean(&one.subject), one.asker.clone(), until, dash(&one.approver)]
    });
    let rows: Vec<_> = rows.collect();
    Ok((value, table(titles.each_ref().map(String::as_str), &rows)))
}

/// Approves what somebody else has asked for.
///
/// # Errors
/// If it does not wait, or whoever approves has asked for it.
pub(crate) async fn approve(common: &Common, asked: Approve, lang: Language) -> Result<Told, Failure> {
    let (mut caller, _held) = visit::writing(common, lang).await?;
    let approved = caller.approve(wire::ApproveRequest { id: asked.request }).await?.approval.unwrap_or_default();
    let facts = [("kind", approved.kind.as_str()), ("subject", &clean(&approved.subject))];
    Ok((approval_json(&approved), words::say("approval.approved", lang, &facts)))
}

/// The node's own unit.
fn own_unit(common: &Common) -> Result<UnitCode, Failure> {
    let needed = || Failure::Argument("--unit is needed here".to_owned());
    if common.socket.is_some() {
        return Err(needed());
    }
    Settings::load(common)?.node.unit().cloned().ok_or_else(needed)
}

/// A password that somebody gives an account.
fn given(given: &Given, lang: Language) -> Result<Password, Failure> {
    match &given.password_file {
        Some(path) => secret_of(Some(path), "account.ask-new", lang),
        None => chosen(lang),
    }
}

/// A new password: asked for twice at a terminal, where nobody sees what they type.
fn chosen(lang: Language) -> Result<Password, Failure> {
    let first = secret_of(None, "account.ask-new", lang)?;
    if secret::can_ask() && secret_of(None, "account.ask-again", lang)? != first {
        return Err(Failure::Argument(words::say("account.differ", lang, &[])));
    }
    Ok(first)
}

/// A password of a file, or typed, or of standard input.
fn secret_of(path: Option<&Path>, prompt: &str, lang: Language) -> Result<Password, Failure> {
    if let Some(path) = path {
        let bytes = read_secret(path)?;
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| Failure::Argument(format!("{}: the password is no text", path.display())))?;
        return Ok(Password::typed(text));
    }
    let line = secret::read_line(&words::say(prompt, lang, &[]));
    Ok(Password::typed(&line.map_err(|cause| Failure::Argument(format!("the password: {cause}")))?))
}

fn told(code: &str, account: &wire::Account, lang: Language) -> Told {
    let role = words::say(&format!("account-role.{}", account.role), lang, &[]);
    let facts = [("login", account.login.as_str()), ("role", &role), ("unit", &account.unit)];
    (as_json(account), words::say(code, lang, &facts))
}

fn as_json(account: &wire::Account) -> Value {
    json!({
        "login": account.login, "name": account.name, "person": account.person, "role": account.role, "unit": account.unit,
        "pseudonym": account.pseudonym, "created": time(account.created_micros),
        "closed": account.closed_micros.map(time), "one_time": account.one_time, "locked": account.locked,
    })
}

fn approval_json(approval: &wire::Approval) -> Value {
    json!({
        "id": approval.id, "kind": approval.kind, "subject": approval.subject, "asker": approval.asker,
        "asked": time(approval.asked_micros), "expires": time(approval.expires_micros),
        "approver": if approval.approver.is_empty() { Value::Null } else { json!(approval.approver) },
    })
}

fn listed(accounts: &[wire::Account], lang: Language) -> String {
    if accounts.is_empty() {
        return words::say("account.none", lang, &[]);
    }
    let titles = ["login", "name", "role", "unit", "pseudonym", "state"];
    let titles = titles.map(|title| words::say(&format!("account.list-{title}"), lang, &[]));
    let state = |account: &wire::Account| match account {
        wire::Account { closed_micros: Some(_), .. } => "account.state-closed",
        wire::Account { locked: true, .. } => "account.state-locked",
        wire::Account { one_time: true, .. } => "account.state-one-time",
        _ => "account.state-open",
    };
    let row = |account: &wire::Account| {
        let role = words::say(&format!("account-role.{}", account.role), lang, &[]);
        let digits = account.pseudonym.get(..8).unwrap_or(&account.pseudonym).to_owned();
        let state = words::say(state(account), lang, &[]);
        [account.login.clone(), clean(&account.name), role, account.unit.clone(), digits, state]
    };
    let rows: Vec<_> = accounts.iter().map(row).collect();
    table(titles.each_ref().map(String::as_str), &rows)
}
