//! Simulated residents and what is written in a training: invented sentences, invented names, chosen by seed. Whatever is written says
//! of itself that it is practice.

use std::sync::OnceLock;

use lintas::areas::areas;
use lintas::domain::UnitCode;
use lintas::protocol::desk::v1 as wire;

use super::chance::{below, one_of};
use super::decide::Deed;

const SENTENCES: &str = include_str!("sentences.txt");
/// What every text in a training begins with.
pub(super) const MARK: &str = "[LATIHAN] ";
/// Names that together are nobody's.
const FIRST: [&str; 20] = [
    "Upik",
    "Buyung",
    "Rahmi",
    "Zulfikar",
    "Yusra",
    "Mardiana",
    "Syafril",
    "Nurhayati",
    "Afrizal",
    "Desmawati",
    "Irwandi",
    "Yulia",
    "Hendri",
    "Fitria",
    "Ramadhan",
    "Elfira",
    "Jasril",
    "Misnawati",
    "Rizki",
    "Suryani",
];
const LAST: [&str; 16] = [
    "Contoh",
    "Latihan",
    "Percobaan",
    "Umpama",
    "Misalnya",
    "Andaikan",
    "Teladan",
    "Peraga",
    "Simulasi",
    "Ujian",
    "Belajar",
    "Gladi",
    "Sandiwara",
    "Rekaan",
    "Karangan",
    "Khayalan",
];

/// Sentences by category.
fn sentences() -> &'static [(&'static str, &'static str)] {
    static READ: OnceLock<Vec<(&'static str, &'static str)>> = OnceLock::new();
    READ.get_or_init(|| {
        let lines = SENTENCES.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| line.split_once(" = ")).collect()
    })
}

/// The next complaint of a training: the one of this number. `nodes` take complaints in; none if there are none.
pub(super) fn complaint(seed: u32, number: u64, nodes: &[String]) -> Option<(String, wire::FileRequest)> {
    let number = number.to_string();
    let words = |what| [what, number.as_str()];
    let (category, sentence) = one_of(seed, &words("sentence"), sentences())?;
    // Most of them happen in the city that is trained.
    let city = nodes.iter().find(|code| kind(code) == Some("city"));
    let province = nodes.iter().find(|code| kind(code) == Some("province"));
    let most = city.filter(|_| below(seed, &words("where"), 4) > 0).or(province).or(city).or_else(|| nodes.first())?;
    let within = UnitCode::parse(most).ok()?;
    let inside: Vec<_> = areas().children(areas().of_unit(&within).map(|area| area.code)).collect();
    let area = one_of(seed, &words("area"), &inside)?;
    let pick = |what, among: &[&'static str]| one_of(seed, &words(what), among).copied().unwrap_or_default();
    let visibility = match below(seed, &words("visibility"), 10) {
        0 => "anonymous",
        1 => "confidential",
        _ => "open",
    };
    let reporter = (visibility != "anonymous").then(|| wire::Reporter {
        name: format!("{} {}", pick("first", &FIRST), pick("last", &LAST)),
        phone: format!("0800-0000-{:04}", below(seed, &words("phone"), 10_000)),
        address: format!("Jl. Latihan No. {}, {}", below(seed, &words("house"), 99).saturating_add(1), area.name),
        email: String::new(),
    });
    let request = wire::FileRequest {
        channel: pick("channel", &["counter", "phone", "web", "app", "letter"]).to_owned(),
        visibility: visibility.to_owned(),
        category: (*category).to_owned(),
        narrative: format!("{MARK}{}", sentence.replace("{tempat}", area.name)),
        area: area.code.to_string(),
        reporter,
        ..wire::FileRequest::default()
    };
    Some((most.clone(), request))
}

fn kind(code: &str) -> Option<&'static str> {
    UnitCode::parse(code).ok().map(|unit| unit.kind())
}

/// What is written beside a deed.
pub(super) fn text(seed: u32, id: &str, deed: &Deed) -> String {
    let among: &[&str] = match deed {
        Deed::Verify => &["Laporan lengkap dan jelas.", "Sudah diperiksa, dapat diteruskan."],
        Deed::PassOn => &["Mohon ditindaklanjuti sesuai kewenangan.", "Diteruskan kepada unit yang berwenang."],
        Deed::Accept => &["Diterima.", "Diterima dan akan kami periksa."],
        Deed::FollowUp => &[
            "Petugas sudah meninjau lokasi.",
            "Lokasi ditinjau; perbaikan dijadwalkan minggu ini.",
            "Kami menghubungi pelapor dan mencatat keterangannya.",
        ],
        Deed::Respond => &[
            "Sudah dikerjakan. Terima kasih atas laporannya.",
            "Perbaikan selesai; mohon diperiksa kembali.",
            "Kami jelaskan: hal ini masuk rencana kerja bulan depan.",
        ],
        Deed::Return | Deed::HandBack(_) => &["Bukan kewenangan kami.", "Setelah dicek, ini wewenang unit lain."],
        Deed::Confirm => &["Benar, sudah selesai. Terima kasih.", "Sudah baik sekarang."],
        Deed::Reply => &["Belum selesai, keadaannya masih sama.", "Baru separuh dikerjakan, mohon dilanjutkan."],
        Deed::Rate(_) => &[""],
        Deed::Complete => &["Berikut keterangan yang diminta.", "Lokasinya persis di depan pos ronda."],
    };
    let chosen = one_of(seed, &["text", id], among).copied().unwrap_or_default();
    if chosen.is_empty() { String::new() } else { format!("{MARK}{chosen}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lintas::domain::event::Category;
    use lintas::words::categories;

    use super::*;

    #[test]
    fn sentence_stands_under_no_category() {
        assert!(sentences().len() >= 40);
        for (category, text) in sentences() {
            let known = Category::parse(category).filter(|category| categories().leaf(category).is_some());
            assert!(known.is_some() && text.contains("{tempat}"), "{category}");
        }
    }

    #[test]
    fn residents_tell_the_same_or_hide_that_it_is_practice() {
        let nodes: Vec<String> = ["id", "13", "13.71", "kl.pu"].map(str::to_owned).into();
        let all: Vec<_> = (0..200).map(|number| complaint(7, number, &nodes).unwrap()).collect();
        let of =
            |what: fn(&wire::FileRequest) -> &String| all.iter().map(|(_, r)| what(r)).collect::<BTreeSet<_>>().len();
        assert!(of(|request| &request.category) > 30 && of(|request| &request.area) > 15);
        assert!(all.iter().all(|(_, request)| request.narrative.starts_with(MARK) && !request.narrative.contains('{')));
        let at = |code: &str| all.iter().filter(|(node, _)| node == code).count();
        assert!(at("13.71") > at("13") && at("13") > 20 && at("13.71") + at("13") == 200);
        assert_eq!(complaint(7, 3, &nodes), complaint(7, 3, &nodes));
        assert!(complaint(7, 3, &nodes[..1]).is_some() && complaint(7, 3, &[]).is_none());
        assert!(all.iter().all(|(_, request)| (request.visibility == "anonymous") == request.reporter.is_none()));
    }
}
