//! The nation over a year: hundreds of nodes on memory stores, offices that work, err and sleep, lines that break, and a hub that lets
//! unanswered complaints climb. By seed: `LINTAS_NATION_SEED`, and `…_NODES`, `…_DAYS`, `…_COMPLAINTS`. `make simulate-year` plays the whole.

mod country;
mod oracle;
mod people;
mod report;
mod site;
mod world;

use lintas::runtime::{Clock, SystemClock};
use oracle::Books;
use report::report;
use world::{Plan, STEPS_A_DAY, World};

/// How often the books are looked at, in days.
const MONTH: usize = 30;

fn number(name: &str, usual: usize) -> usize {
    let said = std::env::var(format!("LINTAS_NATION_{name}")).ok().filter(|text| !text.is_empty());
    said.map_or(usual, |text| text.parse().unwrap())
}

/// Plays a plan to its end, looking at the books every month, and at everything once it is mended.
async fn year(plan: Plan) -> Result<(World, Books), String> {
    let mut world = World::new(plan).await?;
    let mut books = Books::default();
    for day in 1..=plan.days {
        for _ in 0..STEPS_A_DAY {
            world.step().await.map_err(|why| format!("day {day}: {why}"))?;
        }
        if day % MONTH == 0 {
            books.check(&world).await.map_err(|why| format!("day {day}: {why}"))?;
        }
    }
    world.heal().await?;
    books.check(&world).await?;
    books.close(&world).await?;
    Ok((world, books))
}

fn attempt(plan: Plan) -> Result<(World, Books), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(Box::pin(year(plan)))
}

fn play(plan: Plan) -> (World, Books) {
    attempt(plan).unwrap_or_else(|why| panic!("{plan:?}: {why}"))
}

#[test]
fn complaint_has_no_custodian_in_a_year() {
    let plan = Plan {
        seed: u64::try_from(number("SEED", 1)).unwrap(),
        nodes: number("NODES", 40),
        days: number("DAYS", 60),
        complaints: number("COMPLAINTS", 150),
        deaf: false,
    };
    let began = SystemClock.now();
    let (world, books) = play(plan);
    let seconds = (SystemClock.now() - began) / 1_000_000;
    println!("{}{seconds} s", report(&world, &books));
    assert_eq!(books.files.len(), plan.complaints);
    let (acts, refused): (usize, usize) = (world.tally.acts.values().sum(), world.tally.refused.values().sum());
    assert!(refused * 20 < acts, "what people are told they can do is refused: {:?}", world.tally.refused);
    assert!(world.tally.climbed > 0, "nobody was silent: nothing was tried");
}

#[test]
fn silence_lets_a_complaint_lie() {
    let plan = Plan { seed: 3, nodes: 12, days: 30, complaints: 30, deaf: false };
    play(plan);
    // The same with a hub that looks for no deadline: it is found.
    let found = attempt(Plan { deaf: true, ..plan }).err().unwrap_or_default();
    assert!(found.contains("has not climbed"), "{found}");
}

#[test]
fn same_seed_ends_differently() {
    let plan = Plan { seed: 7, nodes: 12, days: 25, complaints: 30, deaf: false };
    let ends = [plan, plan, Plan { seed: 8, ..plan }].map(|plan| play(plan).1.digest());
    assert_eq!(ends[0], ends[1]);
    assert_ne!(ends[0], ends[2]);
}
