//! From a command to what is done. Reading also works while no node runs: then the database is opened for reading only.

use std::sync::Arc;

use lintas::desk::Desk;
use lintas::desk::service::{Caller, ClientError};
use lintas::desk::socket::SocketPlace;
use lintas::domain::FederationId;
use lintas::protocol::desk::v1 as wire;
use lintas::runtime::{Exit, OsEntropy, is_training};
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};

use crate::cli::{Cli, Command, Common, ComplaintCommand, Notices, NoticesCommand, Units};
use crate::failure::Failure;
use crate::output::{self, say, say_json};
use crate::paper::Kind;
use crate::request::{self, Asked};
use crate::settings::{Settings, explained};
use crate::visit::{self, Visit};
use crate::{
    backup, check, doctor, endorse, evidence, export, import, init, join, keys, kit, notices, paper, papers, people,
    places, practice, protect, rewrap, rotate, run, statistics, story, units, verify,
};

/// Carries out a command; what went wrong is told here.
pub(crate) async fn carry_out(cli: Cli) -> Exit {
    let lang = Language::choose(cli.common.lang, |name| std::env::var(name).ok());
    let Cli { common, command } = cli;
    speak_for(&common, &command, lang).await;
    match Box::pin(command_of(&common, command, lang)).await {
        Ok(exit) => exit,
        Err(failure) => failure.tell(common.json, lang),
    }
}

/// Says for whom it is answered. Somebody who comes by the socket for people may have no way to the settings: then the node itself says
/// whose it is.
async fn speak_for(common: &Common, command: &Command, lang: Language) {
    output::speak_for(common, lang);
    let trains = async || {
        let mut caller = visit::desk(common).await.ok()?;
        let status = caller.status(wire::StatusRequest {}).await.ok()?;
        FederationId::parse(&status.federation).ok().filter(is_training)
    };
    if matches!(command, Command::Practice(_)) || common.socket.is_some() && trains().await.is_some() {
        output::speak_for_training();
    }
}

async fn command_of(common: &Common, command: Command, lang: Language) -> Result<Exit, Failure> {
    let command = match command {
        Command::Init(arguments) => {
            init::init(common, &arguments, lang).await?;
            return Ok(Exit::Done);
        }
        Command::Settings => {
            let (value, text) = explained();
            if common.json {
                say_json(&value);
            } else {
                output::bare(&text);
            }
            return Ok(Exit::Done);
        }
        Command::Join(arguments) => {
            join::join(common, &arguments, lang).await?;
            return Ok(Exit::Done);
        }
        Command::Export(arguments) => {
            export::export(&Settings::load(common)?, &arguments, common.json, lang).await?;
            return Ok(Exit::Done);
        }
        Command::Import(arguments) => {
            import::import(common, &arguments, lang).await?;
            return Ok(Exit::Done);
        }
        Command::Completions(_) | Command::Man(_) | Command::Markdown => {
            return papers::make(command, common.json, lang);
        }
        Command::Complaint(command) => return act(common, command, lang).await,
        Command::Act(command) => return act(common, ComplaintCommand::Act(command), lang).await,
        Command::Run => return run::run(&Settings::load(common)?).await,
        Command::Recover
        | Command::Kit(_)
        | Command::ProtectKeys(_)
        | Command::RotateKeys
        | Command::Rewrap(_)
        | Command::Evidence(_) => {
            return Box::pin(look_after(common, command, lang)).await;
        }
        Command::Verify => return verify::verify(&Settings::load(common)?, common.json, lang).await,
        Command::Status(limits) if limits.check => {
            let (watch, line) = check::check(common, &limits, lang).await;
            output::say_line(&line);
            return Ok(Exit::Watched(watch));
        }
        Command::Status(asked) if asked.ready => {
            let (value, text, exit) = check::ready_here(common, lang).await?;
            print(common, &value, &text);
            return Ok(exit);
        }
        Command::Backup(asked) => {
            let (value, text) = backup::backup(common, &asked, lang).await?;
            print(common, &value, &text);
            return Ok(Exit::Done);
        }
        Command::Restore(asked) => {
            let (value, text) = backup::restore(common, &asked, lang).await?;
            print(common, &value, &text);
            return Ok(Exit::Done);
        }
        Command::Doctor => {
            let report = doctor::doctor(common, lang).await;
            print(common, &report.to_json(lang), &report.render(lang));
            return Ok(report.exit());
        }
        Command::Nodes => {
            let reply = asked(common).await?.nodes(wire::NodesRequest {}).await?;
            print(common, &output::nodes_json(&reply), &output::nodes(&reply, lang));
            return Ok(Exit::Done);
        }
        Command::Endorse(arguments) => return endorse::endorse(common, &arguments, lang).await,
        Command::Practice(asked) => {
            let manner = practice::Manner { json: common.json, lang };
            return Box::pin(practice::practice(asked, manner)).await;
        }
        Command::Login(_)
        | Command::Logout
        | Command::Account(_)
        | Command::Approvals
        | Command::Approve(_)
        | Command::Status(_)
        | Command::List(_)
        | Command::Show(_)
        | Command::Statistics(_)
        | Command::Route(_)
        | Command::Areas(_)
        | Command::Categories(_)
        | Command::Notices(_)
        | Command::Receipt(_)
        | Command::Letter(_)
        | Command::Units(_) => command,
    };
    let (value, text) = told(common, command, lang).await?;
    print(common, &value, &text);
    Ok(Exit::Done)
}

/// What is answered with a value or a text.
async fn told(common: &Common, command: Command, lang: Language) -> Result<(serde_json::Value, String), Failure> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others were carried out above")]
    Ok(match command {
        Command::Login(asked) => people::login(common, &asked, lang).await?,
        Command::Logout => people::logout(common, lang).await?,
        Command::Account(asked) => people::account(common, asked, lang).await?,
        Command::Approvals => people::approvals(common, lang).await?,
        Command::Approve(asked) => people::approve(common, asked, lang).await?,
        Command::Status(_) => status(common, lang).await?,
        Command::List(arguments) => story::list(common, arguments, lang).await?,
        Command::Show(shown) => story::show(common, &shown, lang).await?,
        Command::Statistics(question) => statistics::statistics(asked(common).await?, question, lang).await?,
        Command::Route(case) => places::route(asked(common).await?, case, lang).await?,
        Command::Areas(text) => places::find_areas(&text, lang)?,
        Command::Categories(text) => places::list_categories(&text, lang),
        Command::Notices(Notices { command: Some(NoticesCommand::Retry(one)), .. }) => {
            notices::retry(visit::desk(common).await?, one, lang).await?
        }
        Command::Notices(list) => notices::list(asked(common).await?, &list, lang).await?,
        Command::Receipt(of) => paper::print(common, &of, Kind::Receipt, lang).await?,
        Command::Letter(of) => paper::print(common, &of, Kind::Letter, lang).await?,
        Command::Units(Units { command: Some(command), .. }) => units::declare(common, command, lang).await?,
        Command::Units(Units { command: None, below }) => units::list(asked(common).await?, below, lang).await?,
        _ => (serde_json::Value::Null, String::new()),
    })
}

/// What is done to the journal, the keys and what they lock, not to complaints.
async fn look_after(common: &Common, command: Command, lang: Language) -> Result<Exit, Failure> {
    let progress = || output::progress(common.json, lang);
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other is handed in")]
    match command {
        Command::Kit(asked) => kit::kit(common, &asked, lang)?,
        Command::ProtectKeys(asked) => protect::protect(common, &asked, lang)?,
        Command::RotateKeys => rotate::rotate(common, lang).await?,
        Command::Evidence(asked) => {
            evidence::evidence(&Settings::load(common)?, &asked, common.json, lang).await?;
        }
        Command::Rewrap(asked) => {
            rewrap::rewrap(&Settings::load(common)?, &asked, &progress(), common.json, lang).await?;
        }
        _ => {
            Box::pin(run::recover(&Settings::load(common)?, &progress(), lang)).await?;
            say(&words::say("node.recovered", lang, &[]));
        }
    }
    Ok(Exit::Done)
}

/// How the node stands, and what its keys ask for.
async fn status(common: &Common, lang: Language) -> Result<(serde_json::Value, String), Failure> {
    let reply = asked(common).await?.status(wire::StatusRequest {}).await?;
    let (mut value, mut text) = (output::status_json(&reply), output::status(&reply, lang));
    // Whoever cannot read the node's folder has no keys to look after.
    let own = Settings::load(common).ok();
    let reminders = own.map(|own| {
        let beside = keys::beside(&own).then(|| words::say("keys.beside", lang, &[]));
        [("keys", rotate::reminder(&own, lang)), ("kit", kit::reminder(&own, lang)), ("keys_beside", beside)]
    });
    for (name, reminder) in reminders.into_iter().flatten() {
        let (Some(object), Some(reminder)) = (value.as_object_mut(), reminder) else { continue };
        text.push('\n');
        text.push_str(&reminder);
        object.insert(name.to_owned(), reminder.into());
    }
    Ok((value, text))
}

async fn act(common: &Common, command: ComplaintCommand, lang: Language) -> Result<Exit, Failure> {
    let asked = request::of(command, lang)?;
    let mut caller = visit::desk(common).await?;
    let (value, text) = match asked {
        Asked::File(request) => {
            let reply = caller.file(request).await?;
            (output::filed_json(&reply), output::filed(&reply, lang))
        }
        Asked::Act(request) => {
            let reply = caller.act(request).await?;
            (output::done_json(&reply), output::done(&reply, lang))
        }
    };
    print(common, &value, &text);
    Ok(Exit::Done)
}

fn print(common: &Common, value: &serde_json::Value, text: &str) {
    if common.json { say_json(value) } else { say(text) }
}

/// Whoever can be asked, by whoever calls.
async fn asked(common: &Common) -> Result<Caller<SqliteStore>, Failure> {
    match visit::reading(common).await? {
        Visit::Desk(caller) => Ok(*caller),
        Visit::Books(settings) => reader(&settings).await,
    }
}

/// Whoever can be asked: the running node or, if none runs, the database.
///
/// # Errors
/// If neither can be.
pub(crate) async fn reader(settings: &Settings) -> Result<Caller<SqliteStore>, Failure> {
    match Caller::connect(&SocketPlace::of(&settings.data)?).await {
        Ok(caller) => Ok(caller),
        Err(ClientError::NotRunning(_)) => {
            let store = keys::reader(settings).await?;
            let desk = Desk::open(store, Arc::clone(&settings.clock), Arc::new(OsEntropy), keys::ring(settings)?)
                .await?
                .with_timetable(Arc::clone(&settings.timetable));
            Ok(Caller::local(desk))
        }
        Err(error) => Err(error.into()),
    }
}
