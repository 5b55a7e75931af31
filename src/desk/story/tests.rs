//! Stories told as people see them, kept word for word in `golden/`, and what must never be told.

use super::*;
use crate::domain::event::{Category, PublicName};
use crate::domain::{
    Cause, Change, Channel, Class, ComplaintId, FederationId, Filing, Header, Moved, PartKind, Position, Reason,
    Starts, Timestamp, TrackingNumber, Verdict, Visibility,
};
use crate::journal::{self, Part};
use crate::regulations::timetable;

/// 2026-05-31T17:30:00Z, half past midnight of the first of June in Padang.
const START: i64 = 1_780_248_600_000_000;

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

/// One complaint's file as somebody stored it, with the registry.
#[derive(Default)]
struct Scene {
    file: File,
    registry: Registry,
    opener: Option<EventHash>,
    seqs: BTreeMap<String, u64>,
    training: bool,
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self::default();
        let names =
            [("13.71", "Kota Padang"), ("13.71.dpupr", "Dinas PUPR Kota Padang"), ("13", "Provinsi Sumatera Barat")];
        for (code, name) in names {
            let name = PublicName::parse(name).unwrap();
            let event = scene.event("hub", None, 0, crate::domain::Listing::named(unit(code), name).listed(None), &[]);
            scene.registry.apply(&event);
        }
        scene
    }

    fn event(&mut self, node: &str, acting: Option<&str>, minutes: i64, change: Change, parts: &[Part]) -> Event {
        let seq = self.seqs.entry(node.to_owned()).or_default();
        *seq += 1;
        let position = Position::new(1, *seq);
        let of_node = |filed: &&FiledEvent| filed.event.header.node.as_str() == node;
        let origin = |filed: &&FiledEvent| filed.event.header.change.role() == crate::domain::Role::Origin;
        let header = Header {
            federation: FederationId::parse(if self.training { "latihan-x" } else { "lapor.go.id" }).unwrap(),
            node: NodeId::parse(node).unwrap(),
            position,
            prev: self.file.events.iter().rfind(of_node).map(|filed| filed.event.hash),
            complaint: Some(ComplaintId([7; 16])),
            opener: self.opener,
            seen: self.file.events.iter().rfind(origin).map(|filed| filed.event.hash),
            registry: Position::new(1, 3),
            time: Timestamp(START + minutes * 60_000_000),
            unit: acting.map(unit),
            account: None,
            change,
            parts: parts.iter().filter_map(Part::reference).collect(),
        };
        Event { hash: journal::header_hash(&journal::header::encode(&header)), header }
    }

    fn add(
        &mut self,
        node: &str,
        acting: &str,
        minutes: i64,
        change: Change,
        text: &str,
        verdict: Verdict,
    ) -> EventHash {
        let part = |index, kind, text: &str| Part::plain(index, kind, [index; 32], text.as_bytes().to_vec());
        let mut parts = Vec::new();
        if matches!(change, Change::Filed(_)) {
            parts.push(part(0, PartKind::Identity, "Budi Santoso, 0812-3456"));
            parts.push(part(1, PartKind::Narrative, text));
        } else if !text.is_empty() {
            parts.push(part(0, PartKind::Note, text));
        }
        let acting = (!acting.is_empty()).then_some(acting);
        let event = self.event(node, acting, minutes, change, &parts);
        if matches!(event.header.change, Change::Filed(_) | Change::Moved(_)) {
            self.opener = Some(event.hash);
        }
        let hash = event.hash;
        self.file.events.push(FiledEvent { event, parts, verdict });
        hash
    }

    fn filed(visibility: Visibility) -> Self {
        let mut scene = Self::new();
        let filing = Filing {
            nonce: [1; 16],
            tracking: TrackingNumber::from_random(0x00AB_CDEF_0123_4567),
            class: Class::ComplaintFieldCheck,
            channel: Channel::Counter,
            on_behalf: true,
            visibility,
            category: Category::parse("jalan-rusak").unwrap(),
            about: None,
            area: None,
        };
        let text = "Jalan Raya Indarung berlubang sejak Maret.\nTiga orang sudah jatuh di dekat gerbang pabrik, dan \
                    tidak ada rambu yang memperingatkan pengendara sepeda motor pada malam hari.";
        scene.add("13.71", "13.71", 0, Change::Filed(Box::new(filing)), text, Verdict::Applied);
        scene
    }

    /// Up to the province, with all that can happen on the way.
    fn long() -> Self {
        use Verdict::{Applied, Late, Provisional};
        let mut scene = Self::filed(Visibility::Open);
        scene.add("13.71", "13.71", 4, Change::Verified, "", Applied);
        let to = unit("13.71.dpupr");
        scene.add(
            "13.71",
            "13.71",
            9,
            Change::Disposed { unit: to, reason: Reason::Competent },
            "Mohon dicek.",
            Applied,
        );
        let category = Category::parse("jalan-provinsi").unwrap();
        let category = Change::Recategorised { category, class: Class::Complaint };
        scene.add("13.71", "13.71.dpupr", 93, category, "", Applied);
        let other = ComplaintId([0xab; 16]);
        scene.add("13.71", "13.71.dpupr", 94, Change::Related { to: other }, "", Applied);
        let reason = Reason::NotMyAuthority;
        let note = "Ini jalan provinsi.\u{1b}[31m\u{202e}";
        let transfer = Change::Transfer { to: unit("13"), reason };
        let transfer = scene.add("13.71", "13.71.dpupr", 95, transfer, note, Applied);
        let epoch = scene.opener;
        let moved = Moved {
            ends: scene.opener.unwrap(),
            unit: unit("13"),
            node: NodeId::parse("13").unwrap(),
            cause: Cause::Transfer,
            assigned: false,
            proposal: Some(transfer),
            cutoff: Some(Position::new(1, 6)),
            admitted: Vec::new(),
        };
        // The hub's clock is behind.
        scene.add("hub", "", 90, Change::Moved(Box::new(moved)), "", Applied);
        let now = std::mem::replace(&mut scene.opener, epoch);
        scene.add("13.71", "13.71.dpupr", 97, Change::FollowedUp, "Rambu sementara dipasang.", Late);
        scene.opener = now;
        scene.add("13", "13", 120, Change::Accepted, "", Applied);
        let followed = scene.add("13", "13", 1500, Change::FollowedUp, "Salah ketik nomor telepon.", Applied);
        scene.add("13", "13", 1510, Change::Redacted { event: followed }, "", Applied);
        scene.add("13", "13", 3000, Change::Responded, "Jalan ditambal 3 Juni.", Applied);
        let opener = std::mem::replace(&mut scene.opener, epoch);
        scene.add("13.71", "13.71", 3100, Change::Replied, "Sudah, tetapi lubang di km 12 belum.", Applied);
        scene.add("13.71", "13.71", 3110, Change::Rated { stars: 2 }, "Baru separuh.", Applied);
        scene.opener = opener;
        let joined = Change::Joined { node: NodeId::parse("13.72").unwrap(), double: other };
        scene.add("hub", "", 3150, joined, "", Applied);
        scene.add("13", "13", 3200, Change::Closed, "", Provisional);
        scene
    }

    fn told(&self, language: Language, reader: Reader) -> Story {
        Story::of(&self.file, &self.registry, &timetable(Starts::Complete), language, reader)
    }
}

#[test]
fn story_reads_differently() {
    let scene = Scene::long();
    for (language, golden) in
        [(Language::Indonesian, include_str!("golden/id.txt")), (Language::English, include_str!("golden/en.txt"))]
    {
        let text = render(&scene.told(language, Reader::Handler), 96, false);
        assert_eq!(text, golden, "\n{text}");
    }
}

#[test]
fn story_of_a_training_looks_real_or_the_reverse() {
    let mut scene = Scene { training: true, ..Scene::new() };
    let filed = scene.event("13.71", Some("13.71"), 0, Change::Verified, &[]);
    scene.file.events.push(FiledEvent { event: filed, parts: Vec::new(), verdict: Verdict::Applied });
    for language in Language::ALL {
        let head = |scene: &Scene| scene.told(language, Reader::Exchange).head.lines;
        assert!(head(&scene)[1].starts_with("LATIHAN"), "{:?}", head(&scene));
        assert!(!head(&Scene::long()).concat().contains("LATIHAN"));
    }
}

#[test]
fn identity_or_terminal_escape_is_told() {
    let scene = Scene::long();
    for language in Language::ALL {
        let story = scene.told(language, Reader::Handler);
        let all = render(&story, 80, false) + &serde_json::to_string(&story).unwrap();
        assert!(!all.contains("Budi") && !all.contains("0812"), "{all}");
        assert!(!all.contains('\u{1b}') && !all.contains("\\u001b") && !all.contains('\u{202e}'), "{all}");
        assert!(!all.contains("Salah ketik"), "erased content is told");
        assert!(render(&story, 80, true).contains("\u{1b}[1m"));
    }
}

#[test]
fn node_that_stored_in_another_order_tells_another_story() {
    let scene = Scene::long();
    let mut other = Scene::long();
    other.file.events.reverse();
    let (one, other) = (scene.told(Language::English, Reader::Handler), other.told(Language::English, Reader::Handler));
    assert_eq!(one, other);
    assert!(one.steps.iter().zip(1..).all(|(step, number)| step.number == number));
}

#[test]
fn hub_reads_confidential_content() {
    let scene = Scene::filed(Visibility::Confidential);
    let hub = render(&scene.told(Language::English, Reader::Exchange), 80, false);
    assert!(!hub.contains("Indarung") && hub.contains("confidential and not shown"), "{hub}");
    assert!(render(&scene.told(Language::English, Reader::Handler), 80, false).contains("Indarung"));
    let open = Scene::filed(Visibility::Open);
    assert!(render(&open.told(Language::English, Reader::Exchange), 80, false).contains("Indarung"));
}

#[test]
fn take_back_that_the_hub_has_not_seen_reads_as_done() {
    let mut scene = Scene::filed(Visibility::Open);
    let to = unit("13");
    let transfer = Change::Transfer { to, reason: Reason::Competent };
    let proposal = scene.add("13.71", "13.71", 5, transfer, "", Verdict::Provisional);
    let now = scene.told(Language::English, Reader::Handler).now.unwrap();
    assert_eq!(now.awaited, "await.decision");
    assert!(!now.pending.unwrap().asked_to_take_back);
    scene.add("13.71", "13.71", 6, Change::TakeBack { proposal }, "", Verdict::Provisional);
    let story = scene.told(Language::English, Reader::Handler);
    let codes: Vec<&str> = story.steps.iter().flat_map(|step| &step.marks).map(|mark| mark.code).collect();
    assert_eq!(codes, ["mark.asked-to-take-back", "mark.asked-to-take-back"]);
    assert!(story.now.unwrap().pending.unwrap().asked_to_take_back);
    scene.file.events.iter_mut().for_each(|filed| filed.verdict = Verdict::Applied);
    let story = scene.told(Language::English, Reader::Handler);
    assert_eq!(story.now.unwrap().pending, None);
    assert_eq!(story.steps[1].marks[0].code, "mark.taken-back");
}

#[test]
fn file_without_its_filing_cannot_be_told() {
    let mut scene = Scene::long();
    scene.file.events.remove(0);
    let story = scene.told(Language::Indonesian, Reader::Handler);
    assert_eq!(story.now, None);
    assert_eq!(story.steps.len(), scene.file.events.len());
    assert!(render(&story, 80, false).contains("Hanya sebagian"));
    let empty =
        Story::of(&File::default(), &scene.registry, &timetable(Starts::Complete), Language::English, Reader::Handler);
    assert!(empty.steps.is_empty());
}
