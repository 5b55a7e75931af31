//! Exports of a desk: what is in them and what is not, and that an import brings it back. Tests only.

use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::*;
use crate::desk::import::{self, Asked, ITEMS_MAX, Item, Mapping, Rules, Table};
use crate::desk::tests::bench::{Bench, new_complaint, node, unit};
use crate::desk::{NewComplaint, Original, Reporter};
use crate::domain::event::Category;
use crate::domain::{Channel, Class, DisplayState, Timestamp, Visibility};
use crate::store::memory::MemoryStore;
use crate::words::Language;

const NODE: Shown = Shown { texts: true, confidential: false, identity: false };
const ALL: Shown = Shown { texts: true, confidential: true, identity: true };
const CSV: Format = Format::Csv { delimiter: b',', mark: false };

async fn exported(bench: &Bench, filter: ListFilter, shown: Shown, format: Format) -> (String, Exported) {
    let registry = bench.desk.registry().await.unwrap();
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, format, shown).unwrap();
    let done = export(&bench.store, &registry, filter, shown, &bench.desk.opener(), &mut writer, &Progress::silent())
        .await
        .unwrap();
    drop(writer);
    (String::from_utf8(out).unwrap(), done)
}

fn item(id: &str, visibility: Visibility, state: DisplayState) -> Item {
    let reporter = Reporter { name: "Budi Rahasia".to_owned(), phone: "+62812".to_owned(), ..Reporter::default() };
    let filing = NewComplaint {
        unit: Some(unit("13.71.dlh")),
        class: Class::Information,
        channel: Channel::Letter,
        visibility,
        category: Category::parse("sampah").unwrap(),
        on_behalf: true,
        about: Some(unit("13.71.dpupr")),
        area: None,
        narrative: format!("Sampah {id},\n\"menumpuk\"."),
        reporter: (visibility != Visibility::Anonymous).then_some(reporter),
    };
    let original =
        Original { source: "simpel".to_owned(), id: id.to_owned(), state: "Lama".to_owned(), ..Original::default() };
    Item { filing, original, state, follow_up: "Truk dikirim.".to_owned(), response: "=Sudah; diangkut".to_owned() }
}

async fn bench() -> Bench {
    let bench = Bench::padang().await;
    let items = [
        item("1", Visibility::Open, DisplayState::Closed),
        item("2", Visibility::Confidential, DisplayState::Closed),
        item("3", Visibility::Anonymous, DisplayState::New),
    ];
    bench.desk.import(&items, Language::English).await.unwrap();
    bench.file().await;
    bench
}

fn rows(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn identity_or_confidential_text_is_exported_unasked() {
    let bench = bench().await;
    let (plain, done) = exported(&bench, ListFilter::default(), NODE, Format::JsonLines).await;
    assert_eq!((done.complaints, done.withheld), (4, 1));
    assert!(!plain.contains("Budi") && !plain.contains("+62812") && !plain.contains("Sampah 2"), "{plain}");
    let confidential = rows(&plain).into_iter().find(|row| row["visibility"] == "confidential").unwrap();
    assert_eq!((&confidential["content"], &confidential["narrative"]), (&"withheld".into(), &serde_json::Value::Null));
    assert!(confidential.get("name").is_none() && confidential["response"].is_null());
    let (facts, _) = exported(&bench, ListFilter::default(), Shown::default(), Format::JsonLines).await;
    for never in ["Sampah", "Budi", "simpel", "Truk", "narrative", "source_id"] {
        assert!(!facts.contains(never), "{never}");
    }
    let (all, done) = exported(&bench, ListFilter::default(), ALL, Format::JsonLines).await;
    assert!(all.contains("Sampah 2") && all.contains("Budi") && done.withheld == 0);
}

#[tokio::test]
async fn row_says_something_else_than_the_complaint() {
    let bench = bench().await;
    let filter = ListFilter { states: vec![DisplayState::Closed], ..ListFilter::default() };
    let (text, done) = exported(&bench, filter, NODE, Format::JsonLines).await;
    assert_eq!(done.complaints, 2);
    let row = rows(&text).into_iter().find(|row| row["visibility"] == "open").unwrap();
    let wanted = serde_json::json!({
        "origin": "13.71", "class": "information", "category": "sampah", "channel": "letter", "on_behalf": true,
        "about": "13.71.dpupr", "unit": "13.71.dlh", "unit_name": "13.71.dlh", "node": "13.71", "state": "closed",
        "hand_overs": 0, "late": 0, "imported": true, "source": "simpel", "source_id": "1", "source_state": "Lama",
        "source_filed_at": null, "content": "shown", "narrative": "Sampah 1,\n\"menumpuk\".", "follow_up": "Truk dikirim.",
        "response": "=Sudah; diangkut", "filed_at": "2023-11-14T22:13:20.000000Z",
    });
    for (name, value) in wanted.as_object().unwrap() {
        assert_eq!(row[name], *value, "{name}");
    }
    assert_eq!(row.as_object().unwrap().len(), Column::of(NODE).count());
}

#[tokio::test]
async fn spreadsheet_runs_what_a_stranger_wrote() {
    let bench = bench().await;
    let (text, _) = exported(&bench, ListFilter::default(), ALL, Format::Csv { delimiter: b';', mark: true }).await;
    let head = text.lines().next().unwrap();
    assert!(
        head.starts_with("\u{feff}tracking;id;origin;class;") && head.ends_with(";name;phone;address;email"),
        "{head}"
    );
    assert!(text.contains("\"'=Sudah; diangkut\"") && text.contains(";'+62812;"), "{text}");
    assert_eq!(
        exported(&bench, ListFilter::default(), ALL, CSV).await,
        exported(&bench, ListFilter::default(), ALL, CSV).await
    );
}

/// A comma within a cell ends it where a spreadsheet expects commas, and so on.
#[tokio::test]
async fn spreadsheet_with_another_separator_runs_what_a_stranger_wrote() {
    let bench = Bench::padang().await;
    let narrative = "Jalan rusak,=1+1;@x|-y\t+z\n=HYPERLINK(1), -2, a-b,'=c";
    bench.desk.file(&NewComplaint { narrative: narrative.to_owned(), ..new_complaint() }).await.unwrap();
    for delimiter in [b',', b';', b'\t', b'|'] {
        let format = Format::Csv { delimiter, mark: false };
        let (text, _) = exported(&bench, ListFilter::default(), ALL, format).await;
        let guarded = "Jalan rusak,'=1+1;'@x|'-y\t'+z\n'=HYPERLINK(1), -2, a-b,'=c";
        assert!(text.contains(guarded), "{text}");
    }
    let (lines, _) = exported(&bench, ListFilter::default(), ALL, Format::JsonLines).await;
    assert!(lines.contains("rusak,=1+1;@x"), "{lines}");
}

#[test]
fn half_an_export_takes_the_place_of_a_whole_one() {
    use std::io::Write as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.csv");
    let mut place = Place::begin(&path, false).unwrap();
    place.write_all(b"half").unwrap();
    assert!(!path.exists());
    drop(place);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut place = Place::begin(&path, false).unwrap();
    place.write_all(b"whole").unwrap();
    place.keep().unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(matches!(Place::begin(&path, false), Err(PlaceError::Exists(_))));
    let place = Place::begin(&path, true).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"whole");
    place.keep().unwrap();
    assert_eq!((std::fs::read(&path).unwrap(), std::fs::read_dir(folder.path()).unwrap().count()), (Vec::new(), 1));
    let meanwhile = Place::begin(&folder.path().join("b"), false).unwrap();
    std::fs::write(folder.path().join("b"), b"theirs").unwrap();
    assert!(matches!(meanwhile.keep(), Err(PlaceError::Exists(_))));
    assert_eq!(std::fs::read(folder.path().join("b")).unwrap(), b"theirs");
}

/// A process that was killed in the middle of an export cannot tidy up.
#[test]
fn killed_export_leaves_personal_data_hidden_for_ever() {
    use std::os::unix::fs::OpenOptionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let dead = folder.path().join(".other.csv.4711.lintas-new");
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&dead).unwrap();
    let living = Place::begin(&folder.path().join("living.csv"), false).unwrap();
    let next = Place::begin(&folder.path().join("next.csv"), false).unwrap();
    assert!(!dead.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    for place in [living, next] {
        place.keep().unwrap();
    }
}

/// Takes an export over at a desk, as the command does.
async fn imported(table: &str, bench: &Bench) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.csv");
    std::fs::write(&path, table).unwrap();
    let table = Table::open(&path, None).unwrap();
    let mapping = Mapping::read(None, Asked { source: Some("simpel".to_owned()), ..Asked::default() }).unwrap();
    let (registry, node) = (bench.desk.registry().await.unwrap(), node("13.71"));
    let now = Timestamp(1_800_000_000_000_000);
    let rules = Rules::new(&mapping, &table.columns, &registry, &node, now).unwrap();
    let checked = import::check(&table, &rules, &Progress::silent()).unwrap();
    assert_eq!(checked.mistakes.told, []);
    let mut items = Vec::new();
    let mut rows = table.rows().unwrap();
    while let Some(row) = rows.next().unwrap() {
        items.extend(rules.item(&row).unwrap());
    }
    for items in items.chunks(ITEMS_MAX) {
        bench.desk.import(items, Language::English).await.unwrap();
    }
}

/// An export without what a new desk gives anew.
fn comparable(text: &str) -> Vec<Vec<(String, String)>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().unwrap().clone();
    let anew = ["tracking", "filed_at", "responded_at", "updated_at"];
    let row = |record: csv::StringRecord| {
        let cells = head.iter().zip(record.iter()).filter(|(name, _)| !anew.contains(name));
        cells.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect::<Vec<_>>()
    };
    let mut rows: Vec<_> = reader.records().map(|record| row(record.unwrap())).collect();
    rows.sort();
    rows
}

fn words() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        "[a-zA-Z0-9 ,;\"'\n=+@-]{1,40}",
        Just("=HYPERLINK(\"x\")".to_owned()),
        Just("'=x".to_owned()),
        Just("''".to_owned()),
        "\\PC{1,20}",
    ];
    nasty.prop_map(|text| text.trim().to_owned()).prop_filter("a text", |text| !text.is_empty())
}

fn any_item(number: usize) -> impl Strategy<Value = Item> {
    use proptest::sample::select;
    let lists = (select(Class::ALL), select(Channel::ALL), select(Visibility::ALL), select(DisplayState::ALL));
    let texts = (words(), words(), words(), words(), words());
    let units = (select(vec![None, Some("13.71"), Some("13.71.dlh"), Some("13.71.dpupr")]), any::<bool>());
    (lists, texts, units).prop_map(move |(lists, texts, (holder, on_behalf))| {
        let (class, channel, visibility, state) = lists;
        let (narrative, follow_up, response, name, address) = texts;
        let reporter = Reporter { name, address, ..Reporter::default() };
        let original = Original {
            source: "simpel".to_owned(),
            id: format!("S/{number}"),
            state: "Lama".to_owned(),
            filed: "2019-03-04".to_owned(),
            answered: "2019-03-10T08:05:00+07:00".to_owned(),
            ..Original::default()
        };
        let filing = NewComplaint {
            unit: holder.map(unit),
            class,
            channel,
            visibility,
            category: Category::parse("sampah").unwrap(),
            on_behalf,
            about: on_behalf.then(|| unit("13.71.dpupr")),
            area: None,
            narrative,
            reporter: (visibility != Visibility::Anonymous).then_some(reporter),
        };
        Item { filing, original, state, follow_up, response }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn import_of_an_export_brings_something_else(items in (1_usize..12).prop_flat_map(|count| (0..count).map(any_item).collect::<Vec<_>>())) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (here, there) = (Bench::padang().await, Bench::padang().await);
            here.desk.import(&items, Language::English).await.unwrap();
            let (before, _) = exported(&here, ListFilter::default(), ALL, CSV).await;
            imported(&before, &there).await;
            let (after, _) = exported(&there, ListFilter::default(), ALL, CSV).await;
            assert_eq!(comparable(&before), comparable(&after));
            assert_eq!(comparable(&before).len(), items.len());
            imported(&after, &there).await;
            let (again, _) = exported(&there, ListFilter::default(), ALL, CSV).await;
            assert_eq!(again, after);
        });
        let _: Option<MemoryStore> = None;
    }
}
