//! Practice: a whole training federation on one machine, made, run with simulated residents and units, set ahead, and removed by one
//! command each. Here the commands are put together; each thing that they do has a file of its own.

mod chance;
mod children;
mod decide;
mod drive;
mod error;
mod folder;
mod make;
mod residents;

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use lintas::protocol::desk::v1 as wire;
use lintas::runtime::child::{ask_to_end, become_bound};
use lintas::runtime::{
    Clock as _, Exit, OsEntropy, OsSignals, PracticeClock, SignalSource as _, SystemClock, random_bytes,
};
use lintas::words::{self, Language};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::cli::practice::{Attend, Place, Practice, Reset, Start};
use crate::failure::Failure;
use crate::output::{say, say_json, time};
use children::{Programs, Started, at_rest, desk, soon};
use drive::Simulation;
pub(crate) use error::PracticeError;
use folder::{Folder, Mark};

/// The nodes of a training unless others are named.
const NODES: [&str; 4] = ["id", "13", "13.71", "kl.pu"];
/// How fast a training's clock runs unless that is said.
const SPEED: u32 = 60;
/// How often the simulated are looked after.
const STEP_EVERY: Duration = Duration::from_millis(500);

/// In which form and language it is answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) json: bool,
    pub(crate) lang: Language,
}

impl Manner {
    fn answer(self, value: &Value, code: &str, facts: &[(&str, &str)]) {
        if self.json { say_json(value) } else { say(&words::say(code, self.lang, facts)) }
    }
}

/// Carries out a command of a training.
///
/// # Errors
/// If there is no training there, or it cannot be done.
pub(crate) async fn practice(command: Practice, manner: Manner) -> Result<Exit, Failure> {
    match command {
        Practice::Start(start) => Box::pin(begin(&start, manner)).await?,
        Practice::Status(place) => status(&place, manner).await?,
        Practice::Speed(asked) => {
            let mut folder = whole(&asked.place)?;
            folder.mark.speed = asked.speed;
            folder.write()?;
            // One that does not run stands still until it does.
            let speed = if folder.runner()?.is_some() { asked.speed } else { 0 };
            folder.set(0, speed)?;
            shown(&folder, manner)?;
        }
        Practice::Ahead(asked) => {
            let folder = whole(&asked.place)?;
            folder.set(asked.micros, folder.pace()?.speed)?;
            shown(&folder, manner)?;
        }
        Practice::Stop(place) => {
            let folder = Folder::open(&place.folder)?;
            stop(&folder).await?;
            manner.answer(&json!({ "stopped": true }), "practice.stopped", &[("folder", &shows(&place.folder))]);
        }
        Practice::Reset(asked) => reset(&asked, manner).await?,
        Practice::Attend(asked) => return Err(attend(&asked).into()),
    }
    Ok(Exit::Done)
}

/// A training that was made to its end.
fn whole(place: &Place) -> Result<Folder, PracticeError> {
    let folder = Folder::open(&place.folder)?;
    if folder.mark.whole { Ok(folder) } else { Err(PracticeError::Unfinished(folder.path)) }
}

fn attend(asked: &Attend) -> PracticeError {
    let Some((program, arguments)) = asked.command.split_first() else {
        return PracticeError::Program("-".to_owned());
    };
    PracticeError::io(Path::new(program))(become_bound(asked.parent, program, arguments))
}

async fn begin(start: &Start, manner: Manner) -> Result<(), PracticeError> {
    let programs = Programs::find(start.hub.as_deref())?;
    // From here on a signal ends it in order.
    let mut signals = OsSignals::listen().map_err(PracticeError::io(Path::new("signals")))?;
    let (mut folder, new) = match whole(&start.place) {
        Ok(folder) => (Folder { path: absolute(&folder.path)?, ..folder }, false),
        Err(PracticeError::Nothing(path)) => (Folder::found(&path, mark(start)?)?, true),
        Err(error) => return Err(error),
    };
    if !new && folder.runner()?.is_none() {
        // What an earlier start left behind, if it was killed, is ending by itself.
        at_rest(&folder).await?;
    }
    let _running = folder.run()?;
    let done = served(&mut folder, start, &programs, &mut signals, manner, new).await;
    if done.is_ok() && !folder.mark.whole {
        // Told to stop before it was made: that is nobody's work.
        folder.remove()?;
    }
    done
}

/// Starts everything, looks after the simulated until it is told to stop, and ends everything in order, whatever came of it.
async fn served(
    folder: &mut Folder,
    start: &Start,
    programs: &Programs,
    signals: &mut OsSignals,
    manner: Manner,
    new: bool,
) -> Result<(), PracticeError> {
    let mut started = Vec::new();
    let done = tokio::select! {
        _ = signals.next() => Ok(()),
        done = Box::pin(serve(folder, start, programs, &mut started, manner, new)) => done,
    };
    end(started).await;
    if folder.mark.whole {
        // Its clock stands still while nobody uses it.
        folder.set(0, 0)?;
    }
    done
}

async fn serve(
    folder: &mut Folder,
    start: &Start,
    programs: &Programs,
    started: &mut Vec<Started>,
    manner: Manner,
    new: bool,
) -> Result<(), PracticeError> {
    if new {
        make::make(folder, programs, started).await?;
    } else {
        folder.mark.speed = start.speed.unwrap_or(folder.mark.speed);
        if !start.mine.is_empty() {
            folder.mark.mine.clone_from(&start.mine);
        }
        folder.write()?;
        started.push(programs.start(folder, "hub")?);
        make::listens(folder).await?;
    }
    for code in folder.mark.nodes.clone() {
        started.push(programs.start(folder, &code)?);
    }
    make::endorse(folder).await?;
    folder.mark.whole = true;
    folder.write()?;
    folder.set(0, folder.mark.speed)?;
    welcome(folder, manner)?;
    let clock = PracticeClock::open(&folder.clock())?;
    let mut simulation = Simulation::open(folder).await?;
    let mut steps = interval(STEP_EVERY);
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        steps.tick().await;
        started.iter_mut().try_for_each(|one| one.check(folder))?;
        simulation.step(clock.now()).await;
    }
}

/// Nodes first, so that what they still have to say reaches the hub.
async fn end(started: Vec<Started>) {
    let (hub, nodes): (Vec<_>, Vec<_>) = started.into_iter().partition(|one| one.name == "hub");
    for some in [nodes, hub] {
        some.iter().for_each(Started::ask);
        for one in some {
            one.ended().await;
        }
    }
}

fn mark(start: &Start) -> Result<Mark, PracticeError> {
    let mut nodes: Vec<String> =
        if start.node.is_empty() { NODES.map(str::to_owned).into() } else { start.node.clone() };
    nodes.push("id".to_owned());
    // From the top down, as they endorse one another.
    nodes.sort_by_key(|code| (code != "id", code.split('.').count(), code.clone()));
    nodes.dedup();
    let chance = random_bytes::<4>(&OsEntropy);
    let seed = u32::from_be_bytes(chance);
    Ok(Mark {
        federation: format!("latihan-{seed:08x}"),
        seed: start.seed.unwrap_or(seed),
        port: make::free_port(seed).map_err(PracticeError::io(Path::new("127.0.0.1")))?,
        speed: start.speed.unwrap_or(SPEED),
        whole: false,
        nodes,
        mine: start.mine.clone(),
    })
}

fn absolute(path: &Path) -> Result<std::path::PathBuf, PracticeError> {
    path.canonicalize().map_err(PracticeError::io(path))
}

fn shows(path: &Path) -> String {
    path.display().to_string()
}

/// How an officer works in it.
fn welcome(folder: &Folder, manner: Manner) -> Result<(), PracticeError> {
    let mark = &folder.mark;
    let city = mark.nodes.iter().max_by_key(|code| (code.split('.').count(), code.as_str() != "kl.pu"));
    let desk = folder.node(city.map_or("id", String::as_str));
    let value = json!({
        "folder": shows(&folder.path), "federation": mark.federation, "nodes": mark.nodes, "mine": mark.mine,
        "seed": mark.seed, "speed": mark.speed, "now": time(folder.pace()?.at(SystemClock.now())),
    });
    let mine = if mark.mine.is_empty() { "-".to_owned() } else { mark.mine.join(", ") };
    let (path, desk, speed) = (shows(&folder.path), shows(&desk), mark.speed.to_string());
    let nodes = mark.nodes.join(", ");
    let facts = [("folder", &*path), ("desk", &*desk), ("speed", &*speed), ("nodes", &*nodes), ("mine", &*mine)];
    if manner.json {
        say_json(&value);
        return Ok(());
    }
    for code in ["practice.runs", "practice.mine", "practice.work", "practice.time", "practice.end"] {
        say(&words::say(code, manner.lang, &facts));
    }
    Ok(())
}

/// What its clock shows now.
fn shown(folder: &Folder, manner: Manner) -> Result<(), PracticeError> {
    let (now, speed) = (time(folder.pace()?.at(SystemClock.now())), folder.mark.speed.to_string());
    let value = json!({ "now": now, "speed": folder.mark.speed });
    manner.answer(&value, "practice.clock", &[("now", &now), ("speed", &speed)]);
    Ok(())
}

async fn status(place: &Place, manner: Manner) -> Result<(), PracticeError> {
    let folder = whole(place)?;
    let runner = folder.runner()?;
    let shows_now = folder.pace()?;
    let now = time(shows_now.at(SystemClock.now()));
    let mut rows = Vec::new();
    for code in folder.mark.nodes.iter().filter(|_| runner.is_some()) {
        let Ok(mut desk) = desk(&folder, code).await else { continue };
        let Ok(stands) = desk.status(wire::StatusRequest {}).await else { continue };
        let (link, counts) = (stands.link.unwrap_or_default().state, stands.counts.unwrap_or_default());
        rows.push((code, link, counts.complaints));
    }
    if manner.json {
        let nodes: Vec<_> = rows
            .iter()
            .map(|(code, link, complaints)| json!({ "node": code, "link": link, "complaints": complaints }))
            .collect();
        say_json(&json!({
            "folder": shows(&folder.path), "federation": folder.mark.federation, "running": runner.is_some(), "process": runner,
            "now": now, "speed": folder.mark.speed, "mine": folder.mark.mine, "nodes": nodes,
        }));
        return Ok(());
    }
    let word = |code: &str, facts: &[(&str, &str)]| words::say(code, manner.lang, facts);
    let code = if runner.is_some() { "practice.does-run" } else { "practice.does-not-run" };
    let mut lines = vec![word(code, &[("folder", &shows(&folder.path)), ("federation", &folder.mark.federation)])];
    lines.push(word("practice.clock", &[("now", &now), ("speed", &folder.mark.speed.to_string())]));
    for (code, link, complaints) in rows {
        let link = word(&format!("link.{link}"), &[]);
        lines.push(word("practice.node", &[("node", code), ("link", &link), ("complaints", &complaints.to_string())]));
    }
    say(&lines.join("\n"));
    Ok(())
}

/// Ends what runs of a training, and waits for it.
async fn stop(folder: &Folder) -> Result<(), PracticeError> {
    let ended = async || {
        // Asked again: it may have begun only just now.
        let runner = folder.runner().ok()?;
        runner.is_none().then_some(())
    };
    if let Some(process) = folder.runner()?.filter(|process| *process > 0) {
        ask_to_end(process).map_err(PracticeError::io(&folder.path))?;
    }
    soon(ended).await.ok_or_else(|| PracticeError::Leftover(folder.path.clone()))?;
    at_rest(folder).await
}

async fn reset(asked: &Reset, manner: Manner) -> Result<(), PracticeError> {
    let folder = Folder::open(&asked.place.folder)?;
    if !asked.yes && !is_wanted(&folder, manner) {
        return Err(PracticeError::Unsure(folder.path));
    }
    let folder = Folder { path: absolute(&folder.path)?, ..folder };
    stop(&folder).await?;
    let path = shows(&folder.path);
    folder.remove()?;
    manner.answer(&json!({ "removed": path }), "practice.removed", &[("folder", &path)]);
    Ok(())
}

/// Asks at a terminal.
fn is_wanted(folder: &Folder, manner: Manner) -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let question = words::say("practice.sure", manner.lang, &[("folder", &shows(&folder.path))]);
    let _ = write!(std::io::stderr().lock(), "{question} ");
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && ["y", "ya", "yes"].contains(&answer.trim().to_lowercase().as_str())
}
