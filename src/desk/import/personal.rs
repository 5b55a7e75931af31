//! Numbers that stand for a person and must not name a complaint: whoever sees the complaint's header could try them out. It
//! looks at the shape alone.

/// Digits of a civil number.
const CIVIL_DIGITS: usize = 16;

/// Whether a text has somewhere in it the shape of a number by which a person is known: a civil number (NIK), a mobile telephone
/// number, an e-mail address. What is added to such a number hides it from nobody.
#[must_use]
pub fn looks_personal(text: &str) -> bool {
    text.contains('@')
        || runs(text).iter().any(|run| run.windows(CIVIL_DIGITS).any(is_civil_number) || is_telephone(run))
}

/// The runs of digits, each with what people write between digits left out.
fn runs(text: &str) -> Vec<Vec<u32>> {
    let between = |c: char| matches!(c, ' ' | '\u{a0}' | '.' | '-' | '(' | ')' | '+');
    let written: String = text.chars().filter(|c| !between(*c)).collect();
    let runs = written.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.map(|run| run.chars().filter_map(|c| c.to_digit(10)).collect()).collect()
}

/// Sixteen digits: an area's six, a birthday (women's days count from 41), and four (Permendagri 72/2022, NIK).
fn is_civil_number(digits: &[u32]) -> bool {
    let pair = |at: usize| {
        let tens = digits.get(at).copied().unwrap_or(0);
        tens.saturating_mul(10).saturating_add(digits.get(at.saturating_add(1)).copied().unwrap_or(0))
    };
    let (province, day, month) = (pair(0), pair(6), pair(8));
    let born = (1..=31).contains(&day) || (41..=71).contains(&day);
    (11..=96).contains(&province) && born && (1..=12).contains(&month)
}

/// An Indonesian mobile number: 08… from ten digits on, or 628… from eleven on.
fn is_telephone(digits: &[u32]) -> bool {
    digits.starts_with(&[0, 8]) && digits.len() >= 10 || digits.starts_with(&[6, 2, 8]) && digits.len() >= 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_of_a_person_is_taken() {
        for personal in
            ["1371016503900002", "1371 0125 0390 0001", "0812-0000-0101", "+62 812 0000 0101", "budi@surel.test"]
        {
            assert!(looks_personal(personal), "{personal}");
        }
        for fine in [
            "2019/00123",
            "ADU-2019-00123",
            "20230105-000123",
            "08/2023/00123",
            "SIMPEL-2023-0001",
            "1234567890123456",
            "2023010500012345",
            "12",
            "LTS-2R8H-1FC8-T9S-1",
            "0801",
        ] {
            assert!(!looks_personal(fine), "{fine}");
        }
    }

    #[test]
    fn number_of_a_person_with_something_added_is_taken() {
        for hidden in [
            "1371016503900002-2",
            "ADU-1371016503900002",
            "ADU/1371.0165.0390.0002/19",
            "0-1371016503900002",
            "WA081200000101",
            "ADU-0812 0000 0101-2",
            "no.+62(812)0000-0101/2",
        ] {
            assert!(looks_personal(hidden), "{hidden}");
        }
    }
}
