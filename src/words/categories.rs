//! The categories as `data/categories.csv` has them: read once, and what people call them. What follows from a category is the
//! domain's.

use std::sync::LazyLock;

use super::language::Language;
use crate::domain::category_tree::{AnswerRule, CategoryEntry, CategoryTree, Leaf, Tier};
use crate::domain::event::Category;
use crate::domain::terms::Class;

const FILE: &str = include_str!("../../data/categories.csv");

// A test reads the file aloud: in the program it always makes a tree.
static TREE: LazyLock<CategoryTree> = LazyLock::new(|| read(FILE).unwrap_or_default());

/// The tree of `data/categories.csv`.
#[must_use]
pub fn categories() -> &'static CategoryTree {
    &TREE
}

/// What people call a category or a group; none if it is not in `data/categories.csv`.
#[must_use]
pub fn category(code: &str, language: Language) -> Option<&'static str> {
    let entry = TREE.entry(&Category::parse(code)?)?;
    Some(match language {
        Language::Indonesian => &entry.indonesian,
        Language::English => &entry.english,
    })
}

/// Reads a file of categories.
///
/// # Errors
/// Says which line is wrong, or why the lines make no tree.
fn read(text: &str) -> Result<CategoryTree, String> {
    let mut file = csv::Reader::from_reader(text.as_bytes());
    let head = file.headers().map_err(|error| error.to_string())?.clone();
    let mut entries = Vec::new();
    for record in file.records() {
        let record = record.map_err(|error| error.to_string())?;
        let field = |name: &str| {
            let at = head.iter().position(|title| title == name);
            at.and_then(|at| record.get(at)).unwrap_or_default()
        };
        let wrong = || format!("{}: a wrong or missing word", record.iter().collect::<Vec<_>>().join(","));
        entries.push(entry(field).ok_or_else(wrong)?);
    }
    CategoryTree::new(entries).map_err(|error| error.to_string())
}

fn entry<'a>(field: impl Fn(&str) -> &'a str) -> Option<CategoryEntry> {
    let optional = |text: &str| if text.is_empty() { Some(None) } else { Category::parse(text).map(Some) };
    let named = |name: &str| Some(field(name)).filter(|text| !text.is_empty()).map(str::to_owned);
    let follows = ["class", "rule", "tier", "unit_word"].map(&field);
    let leaf = if follows.iter().all(|text| text.is_empty()) {
        None
    } else {
        let [class, rule, tier, _] = follows;
        Some(Leaf {
            class: Class::from_name(class)?,
            rule: AnswerRule::from_name(rule)?,
            tier: Tier::from_name(tier)?,
            unit_word: named("unit_word")?,
        })
    };
    Some(CategoryEntry {
        code: Category::parse(field("code"))?,
        parent: optional(field("parent"))?,
        indonesian: named("name_id")?,
        english: named("name_en")?,
        leaf,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Category {
        Category::parse(text).unwrap()
    }

    #[test]
    fn category_file_is_misread() {
        let tree = read(FILE).unwrap();
        assert_eq!(tree.entries().count(), FILE.lines().count() - 1);
        assert!(tree.entries().filter(|entry| entry.leaf.is_some()).count() >= 80);
        assert_eq!(category("ktp-kk", Language::Indonesian), Some("KTP, KK dan akta"));
        assert_eq!(category("ktp-kk", Language::English), Some("Identity and civil records"));
        assert_eq!(category("jalan", Language::English), Some("Roads and bridges"));
        assert_eq!(category("no-such", Language::English), None);
    }

    #[test]
    fn category_of_the_first_version_is_gone_or_a_group() {
        for old in [
            "jalan-rusak",
            "drainase",
            "banjir",
            "sungai-irigasi",
            "sampah",
            "pencemaran",
            "taman",
            "air-bersih",
            "penerangan-jalan",
            "parkir",
            "angkutan-umum",
            "lalu-lintas",
            "ktp-kk",
            "puskesmas",
            "rumah-sakit",
            "jaminan-kesehatan",
            "bansos",
            "sekolah",
            "perlindungan-anak",
            "pungli",
            "kepegawaian",
            "perizinan",
            "pajak-daerah",
            "pasar",
            "ketertiban",
            "bencana",
            "perumahan",
            "pertanahan",
            "pertambangan",
            "listrik",
            "telekomunikasi",
            "ketenagakerjaan",
            "pertanian-pangan",
            "pariwisata",
            "lainnya",
        ] {
            assert!(categories().is_leaf(&code(old)), "{old}");
        }
    }

    #[test]
    fn normative_rule_is_given_to_a_class_without_one() {
        for entry in categories().entries() {
            let Some(leaf) = &entry.leaf else { continue };
            assert!(leaf.rule == AnswerRule::General || leaf.class == Class::Complaint, "{:?}", entry.code);
        }
    }

    #[test]
    fn misspelt_category_is_not_found_again() {
        for (text, meant) in [
            ("jaln-nasional", "jalan-nasional"),
            ("Jalan nasionl", "jalan-nasional"),
            ("national rods", "jalan-nasional"),
            ("ktp", "ktp-el"),
            ("puskesmes", "puskesmas"),
            ("sampah diangkut", "sampah-angkut"),
        ] {
            let near = categories().nearest(text, 3);
            assert_eq!(near.len(), 3);
            assert!(near.iter().any(|entry| entry.code == code(meant)), "{text}: {near:?}");
        }
    }

    #[test]
    fn wrong_line_is_taken_for_a_group() {
        let head = "code,parent,name_id,name_en,class,rule,tier,unit_word,mark\n";
        for line in [
            "a,,A,A,complaint,response,local,,[I]",
            "a,,A,A,complaint,response,,dpupr,[I]",
            "a,,A,A,grievance,response,local,dpupr,[I]",
            "a,,A,,complaint,response,local,dpupr,[I]",
            "A,,A,A,complaint,response,local,dpupr,[I]",
            "a,B,A,A,complaint,response,local,dpupr,[I]",
            "a,b,A,A,complaint,response,local,dpupr,[I]",
        ] {
            assert!(read(&format!("{head}{line}\n")).is_err(), "{line}");
        }
        assert!(read(&format!("{head}a,,A,A,complaint,response,local,dpupr,[I]\n")).is_ok());
    }
}
