//! From a command to what is done.

use lintas::runtime::Exit;
use lintas::words::Language;

use crate::cli::{Cli, Command, Common, UnitsCommand};
use crate::failure::Failure;
use crate::output::{Voice, print, print_line, speak_for};
use crate::settings::{Settings, explained};
use crate::{
    accounts, backup, check, doctor, enrol, export, init, listing, nodes, papers, protect, renew, revoke, rewrap,
    rotate, run, statistics, status, tokens, units, verify,
};

/// Carries out a command; what went wrong is told here.
pub(crate) async fn carry_out(cli: Cli) -> Exit {
    let language = Language::choose(cli.common.lang, |name| std::env::var(name).ok());
    let voice = Voice { language, json: cli.common.json };
    speak_for(&cli.common, language);
    match command_of(&cli.common, cli.command, voice).await {
        Ok(exit) => exit,
        Err(failure) => failure.tell(voice.json, language),
    }
}

async fn command_of(common: &Common, command: Command, voice: Voice) -> Result<Exit, Failure> {
    if let Command::Init(arguments) = command {
        init::init(common, &arguments, voice).await?;
        return Ok(Exit::Done);
    }
    let command = match command {
        Command::Settings => {
            let (value, text) = explained();
            if voice.json {
                voice.answer(&value, "");
            } else {
                print(&text);
            }
            return Ok(Exit::Done);
        }
        Command::Status(limits) if limits.check => {
            let (watch, line) = check::check(common, &limits, voice).await;
            print_line(&line);
            return Ok(Exit::Watched(watch));
        }
        Command::Status(asked) if asked.ready => return check::ready_here(common, voice).await,
        Command::Backup(asked) => return backup::backup(common, &asked, voice).await.map(|()| Exit::Done),
        Command::Restore(asked) => return backup::restore(common, &asked, voice).await.map(|()| Exit::Done),
        Command::Doctor => {
            let report = doctor::doctor(common, voice).await;
            voice.answer(&report.to_json(voice.language), &report.render(voice.language));
            return Ok(report.exit());
        }
        Command::Completions(_) | Command::Man(_) | Command::Markdown => {
            return papers::make(command, voice).map(|()| Exit::Done);
        }
        other @ (Command::Init(_)
        | Command::Run
        | Command::Units(_)
        | Command::Enrol(_)
        | Command::Suspend(_)
        | Command::Revoke(_)
        | Command::Reinstate(_)
        | Command::Account(_)
        | Command::Approvals
        | Command::Approve(_)
        | Command::Renew(_)
        | Command::Tokens(_)
        | Command::RotateAuthority(_)
        | Command::Nodes
        | Command::Status(_)
        | Command::List(_)
        | Command::Export(_)
        | Command::ProtectKeys(_)
        | Command::Rewrap(_)
        | Command::Show(_)
        | Command::Statistics(_)
        | Command::Verify) => other,
    };
    let settings = Settings::load(common)?;
    match command {
        Command::Init(_)
        | Command::Settings
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Doctor
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Markdown => {}
        Command::Run => return run::run(&settings).await,
        Command::Verify => return verify::verify(&settings, voice).await,
        Command::Units(UnitsCommand::Import { file }) => units::import(&settings, &file, voice).await?,
        Command::Units(UnitsCommand::List) => units::list(&settings, voice).await?,
        Command::Enrol(arguments) if arguments.request.is_none() && arguments.csr.is_none() => {
            tokens::enrol(&settings, &arguments, voice).await?;
        }
        Command::Enrol(arguments) => enrol::enrol(&settings, &arguments, voice).await?,
        Command::Suspend(asked) => revoke::suspend(&settings, &asked, voice).await?,
        Command::Revoke(asked) => revoke::revoke(&settings, &asked, voice).await?,
        Command::Reinstate(asked) => revoke::reinstate(&settings, &asked, voice).await?,
        Command::Account(command) => accounts::account(&settings, command, voice).await?,
        Command::Approvals => accounts::approvals(&settings, voice).await?,
        Command::Approve(asked) => accounts::approve(&settings, &asked, voice).await?,
        Command::Tokens(arguments) => tokens::tokens(&settings, &arguments, voice).await?,
        Command::RotateAuthority(arguments) => rotate::rotate(&settings, &arguments, voice)?,
        Command::Renew(arguments) => renew::renew(&settings, &arguments, voice)?,
        Command::Nodes => nodes::nodes(&settings, voice).await?,
        Command::Status(_) => status::status(&settings, voice).await?,
        Command::List(arguments) => listing::list(&settings, &arguments, voice).await?,
        Command::Export(arguments) => export::export(&settings, &arguments, voice).await?,
        Command::ProtectKeys(asked) => protect::protect(&settings, &asked, voice)?,
        Command::Rewrap(asked) => rewrap::rewrap(&settings, &asked, voice).await?,
        Command::Statistics(asked) => statistics::statistics(&settings, &asked, voice).await?,
        Command::Show(named) => listing::show(&settings, &named.complaint, voice).await?,
    }
    Ok(Exit::Done)
}
