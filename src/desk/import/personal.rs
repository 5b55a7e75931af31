//! Numbers that stand for a person and must not name a complaint: whoever sees the complaint's header could try them out. It
//! looks at the shape alone.

/// Whether a text has the shape of a number by which a person is known: a civil number (NIK), a telephone number, an e-mail
/// address.
#[must_use]
pub fn looks_personal(text: &str) -> bool {
    text.contains('@') || is_civil_number(text) || is_telephone(text)
}

/// Sixteen digits: an area's six, a birthday (women's days count from 41), and four (Permendagri 72/2022, NIK).
fn is_civil_number(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.' | '-'));
    let pair = |at: usize| {
        let tens = digits.get(at).copied().unwrap_or(0);
        tens.saturating_mul(10).saturating_add(digits.get(at.saturating_add(1)).copied().unwrap_or(0))
    };
    let (province, day, month) = (pair(0), pair(6), pair(8));
    let born = (1..=31).contains(&day) || (41..=71).contains(&day);
    plain && digits.len() == 16 && (11..=96).contains(&province) && born && (1..=12).contains(&month)
}

/// An Indonesian mobile number: 08… or +628…, ten to fourteen digits.
fn is_telephone(text: &str) -> bool {
    let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '-' | '(' | ')'));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let local = digits.starts_with("08") && (10..=13).contains(&digits.len());
    let abroad = digits.starts_with("628") && (11..=14).contains(&digits.len());
    plain && (local || abroad)
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
}
