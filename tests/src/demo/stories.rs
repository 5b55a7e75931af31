//! The seven stories of the demo, and the morning's other complaints beside them.

use std::path::Path;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::cases::{Case, Cases};
use super::walk::{self, Walk};
use crate::federation::{Federation, FederationError, PATIENCE};
use crate::wait::until;
use lintas::runtime::{Clock as _, Pace, SystemClock};

/// Complaints that are handled at once, as by so many officers.
const OFFICERS: usize = 4;
/// Complaints of each node that are kept for the hour without a hub.
const ALONE: usize = 3;
/// Three weeks, in microseconds: longer than any holidays.
const THREE_WEEKS: i64 = 21 * 86_400_000_000;
/// Races between a transfer and its take-back.
const ROUNDS: usize = 6;

fn heading(text: &str) {
    println!("\n=== {text}\n");
}

/// Tells them all.
pub(super) async fn tell(federation: &mut Federation, cases: &Cases, clock: &Path) -> anyhow::Result<()> {
    heading("(a) up: a broken national road, from Padang to the ministry and back");
    story(federation, cases.get("jalan-nasional-indarung")?, "13.71").await?;
    heading("(b) down: taken in at the national desk, answered by an agency of Padang");
    story(federation, cases.get("sampah-dari-pusat")?, "id").await?;
    heading("(c) a ministry without a node of its own, at home on the national desk's");
    story(federation, cases.get("bpjs-hosted")?, "id").await?;
    heading("the morning's other complaints");
    let told = ["jalan-nasional-indarung", "sampah-dari-pusat", "bpjs-hosted"];
    let others: Vec<&Case> = cases.all().iter().filter(|case| !told.contains(&case.key.as_str())).collect();
    let (alone, morning) = set_apart(others);
    many(federation, &morning).await?;
    println!("{} complaints filed and handled", morning.len());
    heading("(d) alone: the hub is stopped, the nodes go on");
    without_hub(federation, &alone).await?;
    heading("(e) a transfer and its take-back race");
    race(federation, cases.get("jalan-nasional-indarung")?).await?;
    heading("(f) returned and passed on again: the arbiter decides, and that binds");
    dispute(federation, cases.get("jalan-nasional-indarung")?).await?;
    heading("(g) silence: nobody accepts, the clock is moved on three weeks, it climbs");
    silence(federation, cases.get("jalan-nasional-indarung")?, clock).await?;
    federation.at_rest().await?;
    Ok(())
}

/// Whom the router names, and why, as an officer reads it; then two governments that both say that it is not theirs.
async fn dispute(federation: &Federation, case: &Case) -> anyhow::Result<()> {
    let walk = walk::file(federation, case).await?;
    walk.act("13.71", "verify", &[], "").await?;
    println!("{}", federation.node("13.71", &["route", &walk.id, "--lang", "id"]).await?);
    let not_mine = ["--reason", "not-my-authority"];
    walk.transfer("13.71", "13", "Bukan jalan kota.", "").await?;
    walk.act("13", "transfer", &["--to", "13.71", "--reason", "not-my-authority"], "Bukan jalan provinsi.").await?;
    walk.arrives("id", &["received"]).await?;
    walk.act("id", "accept", &[], "").await?;
    walk.act("id", "transfer", &["--to", "13", "--reason", "competent"], "Provinsi menindaklanjuti.").await?;
    walk.arrives("13", &["received"]).await?;
    let refused = walk.act("13", "return", &not_mine, "Bukan jalan provinsi.").await;
    anyhow::ensure!(refused.is_err(), "what the arbiter assigned was returned");
    walk.act("13", "accept", &[], "").await?;
    walk.act("13", "follow-up", &[], "Tim ke lapangan.").await?;
    walk.act("13", "respond", &[], "Lubang sudah ditutup.").await?;
    walk.reads("13.71", "awaiting").await?;
    println!("{}", walk.timeline("13.71").await?);
    Ok(())
}

/// A ministry does not accept what was passed to it. The hub notices, as days go by, and moves it up.
async fn silence(federation: &Federation, case: &Case, clock: &Path) -> anyhow::Result<()> {
    let walk = walk::file(federation, case).await?;
    walk.act("13.71", "verify", &[], "").await?;
    walk.act("13.71", "transfer", &["--to", "kl.pu", "--reason", "not-my-authority"], "Jalan nasional.").await?;
    walk.arrives("kl.pu", &["received"]).await?;
    Pace::read(clock)?.changed(SystemClock.now(), THREE_WEEKS, 1).write(clock)?;
    walk.arrives("id", &["received"]).await?;
    println!("{}", walk.timeline("13.71").await?);
    // Meanwhile nobody has replied to what was answered: each holder closes it by itself.
    for (code, _) in super::NODES {
        let open = ["list", "--state", "awaiting", "--node", code];
        let closed =
            async || federation.ask(code, &open).await.ok()?["complaints"].as_array()?.is_empty().then_some(());
        until(&format!("{code} closes what nobody replied to"), PATIENCE, closed).await?;
    }
    println!("what was answered is closed: nobody has replied in ten working days");
    Ok(())
}

/// For the hour without a hub: of each node's complaints a few, those first that go elsewhere.
fn set_apart(mut cases: Vec<&Case>) -> (Vec<&Case>, Vec<&Case>) {
    cases.sort_by_key(|case| case.via.is_none() && case.to.is_none());
    let mut taken = std::collections::BTreeMap::<&str, usize>::new();
    cases.into_iter().partition(|case| {
        let taken = taken.entry(case.node.as_str()).or_default();
        *taken = taken.saturating_add(1);
        *taken <= ALONE
    })
}

async fn story(federation: &Federation, case: &Case, shown_at: &str) -> anyhow::Result<()> {
    let walk = walk::file(federation, case).await?;
    walk.through(case).await?;
    if case.notes.contains_key("confirm") {
        walk.reads(shown_at, "closed").await?;
    } else if case.response.is_some() {
        walk.reads(shown_at, if case.reply.is_some() { "in-progress" } else { "awaiting" }).await?;
    }
    federation.at_rest().await?;
    println!("{}", walk.timeline(shown_at).await?);
    Ok(())
}

async fn many(federation: &Federation, cases: &[&Case]) -> Result<(), FederationError> {
    let handle = |case: &Case| {
        let case = case.clone();
        async move { walk::file(federation, &case).await?.through(&case).await }
    };
    stream::iter(cases.iter().map(|case| handle(case))).buffer_unordered(OFFICERS).try_collect::<Vec<()>>().await?;
    Ok(())
}

/// The hub is gone: every node files, verifies, disposes, and asks for transfers. Then it returns.
async fn without_hub(federation: &mut Federation, cases: &[&Case]) -> anyhow::Result<()> {
    federation.stop_hub().await?;
    println!("the hub is stopped");
    let mut asked = 0_usize;
    let mut walks: Vec<(Walk<'_>, &Case)> = Vec::new();
    let alone: &Federation = federation;
    for case in cases {
        let walk = walk::file(alone, case).await?;
        if matches!(case.route.as_str(), "archive" | "defer" | "new") {
            walk.through(case).await?;
        } else {
            walk.act(&case.node, "verify", &[], case.note("verify")).await?;
            if let Some(first) = &case.first {
                walk.act(&case.node, "dispose", &["--to", first], case.note("dispose")).await?;
            }
            if let Some(to) = case.via.as_ref().or(case.to.as_ref()) {
                walk.act(&case.node, "transfer", &["--to", to, "--reason", "not-my-authority"], "").await?;
                asked = asked.saturating_add(1);
            }
        }
        walks.push((walk, case));
    }
    println!("{} complaints filed meanwhile, {asked} transfers asked for", walks.len());
    for code in alone.codes() {
        let status = alone.ask(code, &["status"]).await?;
        println!("  {code:<6} {} own events wait for the hub", status["outbox"]["unacknowledged"]);
    }
    let moved: Vec<(String, String)> = walks
        .iter()
        .filter_map(|(walk, case)| Some((walk.id.clone(), case.via.as_ref().or(case.to.as_ref())?.clone())))
        .collect();
    drop(walks);
    federation.start_hub()?;
    for code in federation.codes() {
        federation.linked(code).await?;
    }
    for (id, to) in &moved {
        let node = walk::home(to);
        until(&format!("complaint {id} at {to}"), PATIENCE, async || {
            let list = federation.ask(node, &["list", "--limit", "1000"]).await.ok()?;
            let row = list["complaints"].as_array()?.iter().find(|row| row["id"] == *id)?.clone();
            (row["unit"] == **to).then_some(())
        })
        .await?;
        federation.node(node, &["accept", id]).await?;
    }
    federation.at_rest().await?;
    println!("the hub is back, all is caught up, {} complaints have moved and were accepted", moved.len());
    Ok(())
}

/// Two races: one take-back leaves together with its transfer and wins, one comes when the hub has already moved the complaint.
async fn race(federation: &mut Federation, case: &Case) -> anyhow::Result<()> {
    let asked = ["--to", "13", "--reason", "not-my-authority"];
    federation.stop_hub().await?;
    let first = walk::file(federation, case).await?;
    let (id, node) = (first.id.clone(), case.node.clone());
    first.act(&node, "transfer", &asked, "Salah kirim.").await?;
    let taken = first.act(&node, "take-back", &[], "Ternyata jalan kota.").await?;
    println!("without the hub: transfer asked and taken back, {}", taken["take_back"]);
    federation.start_hub()?;
    federation.linked(&node).await?;
    federation.at_rest().await?;
    println!("{}", federation.node(&node, &["show", &id, "--lang", "id"]).await?);
    let second = walk::file(federation, case).await?;
    second.act(&node, "transfer", &asked, "Diteruskan ke provinsi.").await?;
    second.arrives("13", &["received"]).await?;
    match second.act(&node, "take-back", &[], "Terlambat.").await {
        Ok(done) => println!("too late, but this desk did not know yet: {}", done["take_back"]),
        Err(FederationError::Refused { said, .. }) => {
            let told: serde_json::Value = serde_json::from_str(&said).unwrap_or_default();
            println!("too late, and this desk knows: {}", told["message"].as_str().unwrap_or(&said));
        }
        Err(error) => return Err(error.into()),
    }
    federation.at_rest().await?;
    println!("{}", federation.node(&node, &["show", &second.id, "--lang", "id"]).await?);
    let mut kept = 0_usize;
    for _ in 0..ROUNDS {
        let walk = walk::file(federation, case).await?;
        walk.act(&node, "transfer", &asked, "").await?;
        // Whoever is faster: the hub's move, or this word after it.
        match walk.act(&node, "take-back", &[], "").await {
            Ok(_) | Err(FederationError::Refused { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        federation.at_rest().await?;
        let here = walk.standing(&node).await.is_some_and(|row| row["unit"] == *case.unit);
        let there = walk.standing("13").await.is_some_and(|row| row["unit"] == "13");
        anyhow::ensure!(here != there, "{} is held by both or by neither", walk.tracking);
        kept = kept.saturating_add(usize::from(here));
    }
    println!("{ROUNDS} races with the hub up: {kept} taken back, {} moved, never both", ROUNDS.saturating_sub(kept));
    Ok(())
}
