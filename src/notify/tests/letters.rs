//! Letters and papers, word by word: golden texts in both languages. With `LINTAS_WRITE_GOLDEN` set they are written anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::Town;
use crate::desk::{Action, ComplaintName};
use crate::domain::{DisplayState, Step, Timestamp, TrackingNumber, UnitCode, Visibility};
use crate::notify::facts::Reached;
use crate::notify::letter::COLUMNS;
use crate::notify::{Facts, Letter, answer, receipt};
use crate::regulations::compiled;
use crate::words::Language;

fn facts(step: Step, visibility: Visibility) -> Facts {
    let waits = matches!(step, Step::Responded | Step::Deferred);
    let text = matches!(step, Step::Responded | Step::Deferred | Step::Archived);
    let said =
        "Lubang di km 12 sudah ditambal pada tanggal 3 Juni, dan rambu sementara sudah dipasang.\n\nTerima kasih.";
    Facts {
        step,
        at: Timestamp(super::NOW),
        tracking: TrackingNumber::from_random(7),
        visibility,
        unit: UnitCode::parse("13.71.dpupr").unwrap(),
        unit_name: "Dinas PUPR Kota Padang (13.71.dpupr)".to_owned(),
        state: DisplayState::InProgress,
        last_day: waits.then(|| "2026-06-17".to_owned()),
        text: (text && visibility == Visibility::Open).then(|| said.to_owned()),
        reporter: Reached::Nowhere,
    }
}

fn compare(name: &str, text: &str) {
    for line in text.lines() {
        assert!(line.chars().count() <= COLUMNS, "{name}: {line}");
    }
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/notify/tests/golden").join(name);
    if std::env::var_os("LINTAS_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "{name}");
}

#[test]
fn letter_says_something_else() {
    for language in Language::ALL {
        let mut all = String::new();
        for step in Step::ALL {
            let letter = Letter::of(&facts(*step, Visibility::Open), "https://lapor.padang.go.id", language);
            let _ = write!(all, "--- {}\n\n{}\n", letter.subject, letter.body);
        }
        let letter = Letter::of(&facts(Step::Responded, Visibility::Confidential), "", language);
        let _ = write!(all, "--- {}\n\n{}", letter.subject, letter.body);
        compare(&format!("mails-{}.txt", language.code()), &all);
    }
}

#[test]
fn letter_plays_tricks() {
    let mut facts = facts(Step::Responded, Visibility::Open);
    facts.text = Some("a\u{1b}[31m\r\n.\r\nBcc: x@y.test".to_owned());
    let letter = Letter::of(&facts, "", Language::English);
    assert!(letter.body.chars().all(|c| !c.is_control() || c == '\n'), "{:?}", letter.body);
    assert!(letter.body.contains("> .\n> Bcc: x@y.test"), "{}", letter.body);
    assert!(!letter.subject.contains('\n'));
}

#[tokio::test]
async fn paper_says_something_else() {
    let town = Town::new().await;
    let (open, anonymous) = (town.file(Visibility::Open).await, {
        let new = crate::desk::tests::bench::new_complaint();
        let new = crate::desk::NewComplaint { visibility: Visibility::Anonymous, ..new };
        town.desk.file(&new).await.unwrap().complaint
    });
    let registry = town.desk.registry().await.unwrap();
    let papers = async |id, language| {
        let file = town.desk.show(&ComplaintName::Id(id)).await.unwrap();
        (
            receipt(&file, &registry, compiled(), language).unwrap(),
            answer(&file, &registry, compiled(), language).map_err(|error| error.code()),
        )
    };
    for language in Language::ALL {
        let (first, none) = papers(open, language).await;
        assert_eq!(none, Err("desk.not-answered"));
        let (second, _) = papers(anonymous, language).await;
        assert!(!(first.clone() + &second).contains("Budi"));
        compare(&format!("receipts-{}.txt", language.code()), &format!("{first}\n-----\n\n{second}"));
    }
    town.act(open, Action::Verify, "").await;
    let said = "Lubang sudah ditambal.\n\nTerima kasih atas laporan Anda; kami akan memeriksa jalan itu sekali lagi pada bulan depan.";
    town.act(open, Action::Respond, said).await;
    for language in Language::ALL {
        let (_, letter) = papers(open, language).await;
        compare(&format!("answers-{}.txt", language.code()), &letter.unwrap());
    }
}
