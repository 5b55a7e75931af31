//! A table taken over: checked whole, then handed to the desk in batches. The running node's desk takes it, or, if no node runs, one
//! in this process, which keeps the node's socket meanwhile. The rules are the library's.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::sync::Arc;

use lintas::desk::import::{Asked, Checked, ITEMS_MAX, Item, Mapping, Mistakes, Outcome, Rules, Table, check};
use lintas::desk::service::Caller;
use lintas::desk::{Desk, NewComplaint, Original};
use lintas::domain::{DisplayState, Registry};
use lintas::protocol::desk::v1 as wire;
use lintas::runtime::progress::Measure;
use lintas::runtime::{Clock as _, OsEntropy, Progress, SystemClock};
use lintas::store::Store as _;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language, Word as _};
use serde_json::json;

use crate::cli::{Common, Import};
use crate::failure::Failure;
use crate::keys;
use crate::output::{progress, say, say_json};
use crate::settings::Settings;
use crate::visit;

/// Most bytes of a mapping.
const MAPPING_BYTES_MAX: u64 = 1024 * 1024;
/// About how many bytes of texts are handed to the desk at a time: well below what it takes in one request.
const BATCH_BYTES: usize = 192 * 1024;

/// Complaints that are named in words; as JSON all are.
const NAMED_MAX: usize = 20;

/// What was done, or would be.
#[derive(Debug, Default)]
struct Done {
    outcomes: BTreeMap<Outcome, u64>,
    /// Complaints whose newer state could not be followed: their numbers there and here.
    not_followed: Vec<(String, String)>,
}

/// Takes a table over, or says what that would do.
///
/// # Errors
/// Every mistake in mapping and table; then nothing was written. If the desk says no: what was confirmed before stays.
pub(crate) async fn import(common: &Common, asked: &Import, lang: Language) -> Result<(), Failure> {
    let (settings, json) = (&Settings::load(common)?, common.json);
    let mistakes = |found| Failure::Import(Mistakes::of_all(found));
    let mapping = mapping(asked)?;
    let reading = keys::reader(settings).await?;
    let mut registry = Registry::default();
    reading.registry().await?.iter().for_each(|event| registry.apply(event));
    let table = Table::open(&asked.file, mapping.delimiter).map_err(|fault| mistakes(vec![fault]))?;
    let now = SystemClock.timestamp();
    let rules = Rules::new(&mapping, &table.columns, &registry, &settings.node, now).map_err(mistakes)?;
    let progress = progress(json, lang);
    let checked = check(&table, &rules, &progress).map_err(|fault| mistakes(vec![fault]))?;
    if checked.mistakes.count > 0 {
        return Err(Failure::Import(checked.mistakes));
    }
    let done = if asked.dry_run {
        foresee(settings, reading, &mapping, &checked, &progress).await?
    } else {
        reading.close().await;
        let (mut caller, held) = visit::writing(common, lang).await?;
        let done = take_over(&mut caller, &table, &rules, &checked, &progress, lang).await;
        drop(held);
        done?
    };
    let passed_over = rules.passed_over();
    if json {
        say_json(&as_json(&checked, &done, &passed_over, asked.dry_run));
    } else {
        say(&in_words(&checked, &done, &passed_over, asked.dry_run, lang));
    }
    Ok(())
}

fn mapping(asked: &Import) -> Result<Mapping, Failure> {
    let text = match &asked.mapping {
        None => None,
        Some(path) => {
            let mut text = String::new();
            let read = fs::File::open(path).and_then(|file| file.take(MAPPING_BYTES_MAX).read_to_string(&mut text));
            read.map_err(|cause| Failure::Argument(format!("--mapping {}: {cause}", path.display())))?;
            Some(text)
        }
    };
    let Import { source, map, default, date, delimiter, ended, .. } = asked;
    let flags = Asked {
        source: source.clone(),
        columns: map.clone(),
        defaults: default.clone(),
        dates: date.clone(),
        delimiter: delimiter.clone(),
        ended: ended.clone(),
    };
    Mapping::read(text.as_deref(), flags).map_err(|found| Failure::Import(Mistakes::of_all(found)))
}

/// How many would be new.
async fn foresee(
    settings: &Settings,
    store: SqliteStore,
    mapping: &Mapping,
    checked: &Checked,
    progress: &Progress,
) -> Result<Done, Failure> {
    let ring = keys::ring(settings)?;
    let desk = Desk::open(store.clone(), Arc::clone(&settings.clock), Arc::new(OsEntropy), ring)
        .await?
        .with_timetable(Arc::clone(&settings.timetable));
    let step = progress.step("progress.import-check", u64::try_from(checked.ids.len()).ok());
    let mut done = Done::default();
    for id in &checked.ids {
        let known = store.file(desk.imported_id(&mapping.source, id)).await?.is_some();
        done.add(if known { Outcome::Known } else { Outcome::New });
        step.advance(1);
    }
    store.close().await;
    Ok(done)
}

/// Hands the complaints of the table to the desk, batch by batch.
async fn take_over(
    caller: &mut Caller<SqliteStore>,
    table: &Table,
    rules: &Rules<'_>,
    checked: &Checked,
    progress: &Progress,
    lang: Language,
) -> Result<Done, Failure> {
    let step = progress.measured("progress.import", Measure::Bytes, Some(table.bytes));
    let mut done = Done::default();
    let (mut items, mut bytes, mut seen, mut before) = (Vec::new(), 0_usize, 0_u64, 0_u64);
    let mut rows = table.rows().map_err(|_| Failure::Changed)?;
    loop {
        // What was checked is what is taken over: a table that is another now is not gone on with.
        let row = rows.next().map_err(|_| Failure::Changed)?;
        let Some(row) = row else { break };
        seen = seen.saturating_add(1);
        let ends = row.ends;
        if let Some(item) = rules.item(&row).map_err(|_| Failure::Changed)? {
            let item = to_wire(item);
            let weight = weight(&item);
            if !items.is_empty() && (items.len() >= ITEMS_MAX || bytes.saturating_add(weight) > BATCH_BYTES) {
                done.send(caller, std::mem::take(&mut items), lang).await?;
                bytes = 0;
            }
            bytes = bytes.saturating_add(weight);
            items.push(item);
        }
        step.advance(ends.saturating_sub(before));
        before = ends;
    }
    if !items.is_empty() {
        done.send(caller, items, lang).await?;
    }
    if seen == checked.rows { Ok(done) } else { Err(Failure::Changed) }
}

impl Done {
    fn add(&mut self, outcome: Outcome) {
        let count = self.outcomes.entry(outcome).or_default();
        *count = count.saturating_add(1);
    }

    fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }

    async fn send(
        &mut self,
        caller: &mut Caller<SqliteStore>,
        items: Vec<wire::ImportItem>,
        lang: Language,
    ) -> Result<(), Failure> {
        let number = |item: &wire::ImportItem| item.original.as_ref().map(|one| one.id.clone()).unwrap_or_default();
        let numbers: Vec<String> = items.iter().map(number).collect();
        let reply = caller.import(wire::ImportRequest { items, language: lang.code().to_owned() }).await?;
        for (one, number) in reply.imported.iter().zip(numbers) {
            let outcome = Outcome::ALL.into_iter().find(|outcome| outcome.name() == one.outcome);
            self.add(outcome.unwrap_or(Outcome::Known));
            if outcome == Some(Outcome::NotFollowed) {
                self.not_followed.push((number, one.tracking.clone()));
            }
        }
        Ok(())
    }
}

fn to_wire(item: Item) -> wire::ImportItem {
    let Item { filing, original, state, follow_up, response } = item;
    let NewComplaint { unit, class, channel, visibility, category, on_behalf, about, area, narrative, reporter } =
        filing;
    let filing = wire::FileRequest {
        unit: unit.map(|unit| unit.to_string()).unwrap_or_default(),
        class: class.name().to_owned(),
        channel: channel.name().to_owned(),
        visibility: visibility.name().to_owned(),
        category: category.as_str().to_owned(),
        on_behalf,
        about: about.map(|unit| unit.to_string()).unwrap_or_default(),
        area: area.map(|area| area.to_string()).unwrap_or_default(),
        narrative,
        reporter: reporter.map(|r| wire::Reporter { name: r.name, phone: r.phone, address: r.address, email: r.email }),
    };
    let Original { source, id, filed, state: said, answered, more } = original;
    let original = wire::Original { source, id, filed, state: said, answered, more: more.into_iter().collect() };
    let (filing, original) = (Some(filing), Some(original));
    wire::ImportItem { filing, original, state: state.name().to_owned(), follow_up, response }
}

/// About how many bytes a complaint has on the wire.
fn weight(item: &wire::ImportItem) -> usize {
    let more = item.original.as_ref().map_or(0, |original| {
        original
            .more
            .iter()
            .fold(0_usize, |sum, (name, text)| sum.saturating_add(name.len()).saturating_add(text.len()))
    });
    let narrative = item.filing.as_ref().map_or(0, |filing| filing.narrative.len());
    [narrative, item.follow_up.len(), item.response.len(), more, 1024]
        .iter()
        .fold(0, |sum, len| sum.saturating_add(*len))
}

fn as_json(checked: &Checked, done: &Done, passed_over: &[&str], dry_run: bool) -> serde_json::Value {
    let states: BTreeMap<&str, u64> = checked.states.iter().map(|(state, count)| (state.name(), *count)).collect();
    let one = |(id, tracking): &(String, String)| json!({ "source_id": id, "tracking": tracking });
    json!({
        "dry_run": dry_run, "rows": checked.rows, "new": done.count(Outcome::New),
        "continued": done.count(Outcome::Continued), "known": done.count(Outcome::Known), "skipped": checked.skipped,
        "not_followed": done.not_followed.iter().map(one).collect::<Vec<_>>(), "states": states,
        "unanswered": checked.unanswered, "columns_passed_over": passed_over,
    })
}

fn in_words(checked: &Checked, done: &Done, passed_over: &[&str], dry_run: bool, lang: Language) -> String {
    let word = |code: &str, facts: &[(&str, &str)]| words::say(code, lang, facts);
    let counts = Outcome::ALL.map(|outcome| done.count(outcome).to_string());
    let [new, continued, known, not_followed] = counts.each_ref().map(String::as_str);
    let (rows, skipped, unanswered) =
        (checked.rows.to_string(), checked.skipped.to_string(), checked.unanswered.to_string());
    let facts = [("rows", &*rows), ("new", new), ("continued", continued), ("known", known), ("skipped", &skipped)];
    let mut lines = vec![word(if dry_run { "import.would" } else { "import.done" }, &facts)];
    let state = |(state, count): (&DisplayState, &u64)| format!("{} {count}", state.in_words(lang));
    let states: Vec<String> = checked.states.iter().map(state).collect();
    if !states.is_empty() {
        lines.push(word("import.states", &[("states", &states.join(", "))]));
    }
    if checked.unanswered > 0 {
        lines.push(word("import.unanswered", &[("count", &unanswered)]));
    }
    if !done.not_followed.is_empty() {
        let named = done.not_followed.iter().take(NAMED_MAX).map(|(id, tracking)| format!("{id} ({tracking})"));
        let mut named: Vec<String> = named.collect();
        if done.not_followed.len() > NAMED_MAX {
            named.push("…".to_owned());
        }
        lines.push(word("import.not-followed", &[("count", not_followed), ("complaints", &named.join(", "))]));
    }
    if !passed_over.is_empty() {
        lines.push(word("import.passed-over", &[("columns", &passed_over.join(", "))]));
    }
    lines.join("\n")
}
