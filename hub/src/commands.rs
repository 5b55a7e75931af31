//! From a command to what is done.

use lintas::runtime::Exit;
use lintas::words::Language;

use crate::cli::{Cli, Command, Common, UnitsCommand};
use crate::failure::Failure;
use crate::output::Voice;
use crate::settings::{Settings, explained};
use crate::{enrol, init, listing, nodes, renew, run, status, units, verify};

/// Carries out a command; what went wrong is told here.
pub(crate) async fn carry_out(cli: Cli) -> Exit {
    let language = Language::choose(cli.common.lang, |name| std::env::var(name).ok());
    let voice = Voice { language, json: cli.common.json };
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
    if let Command::Settings = command {
        let (value, text) = explained();
        voice.answer(&value, &text);
        return Ok(Exit::Done);
    }
    let settings = Settings::load(common)?;
    match command {
        Command::Init(_) | Command::Settings => {}
        Command::Run => return run::run(&settings).await,
        Command::Verify => return verify::verify(&settings, voice).await,
        Command::Units(UnitsCommand::Import { file }) => units::import(&settings, &file, voice).await?,
        Command::Units(UnitsCommand::List) => units::list(&settings, voice).await?,
        Command::Enrol(arguments) => enrol::enrol(&settings, &arguments, voice).await?,
        Command::Renew(arguments) => renew::renew(&settings, &arguments, voice)?,
        Command::Nodes => nodes::nodes(&settings, voice).await?,
        Command::Status => status::status(&settings, voice).await?,
        Command::List(arguments) => listing::list(&settings, &arguments, voice).await?,
        Command::Show(named) => listing::show(&settings, &named.complaint, voice).await?,
    }
    Ok(Exit::Done)
}
