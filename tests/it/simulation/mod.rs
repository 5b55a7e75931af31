//! A whole federation on memory stores, a faulty network and crashes, driven by one seed: the real desk, sessions, planners and
//! fold. A failing seed is printed and replays: `LINTAS_SIM_SEED=n`. `make simulate SEEDS=n` runs more.

mod books;
pub(crate) mod dice;
mod oracle;
mod site;
mod world;

use world::World;

/// Seeds that every run plays.
const SEEDS: u64 = 300;
/// What happens in one play before everything is healed, at most twice.
const STEPS: usize = 220;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn play(seed: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut world = World::new(seed).await;
        for _ in 0..2 {
            for _ in 0..STEPS {
                world.step().await;
                world.watch().await?;
            }
            world.heal().await?;
            oracle::check(&mut world).await?;
            books::check(&world).await?;
        }
        Ok(())
    })
}

#[test]
fn simulation_of_a_federation_on_a_bad_day() {
    let only = number("LINTAS_SIM_SEED");
    let seeds = only.map_or(0..number("LINTAS_SIM_SEEDS").unwrap_or(SEEDS), |seed| seed..seed + 1);
    for seed in seeds {
        if let Err(why) = play(seed) {
            panic!(
                "seed {seed}: {why}\nreplay: LINTAS_SIM_SEED={seed} cargo test -p lintas-tests --test it simulation"
            );
        }
    }
}

/// Seeds that once found an error, kept for ever.
#[test]
fn simulation_of_days_that_went_wrong_once() {
    for seed in FOUND {
        play(*seed).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
}

/// 18: recovery skipped verdicts that the node had not heard yet. 37: an announcement of a node that was then set back to a
/// backup was awaited for ever. 66: so was one of the holder before, a place in another journal. 95: a backup brought back
/// content that was erased, and recovery let it stay.
const FOUND: &[u64] = &[18, 37, 66, 95];
