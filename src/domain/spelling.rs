//! How far two words are apart in spelling. It knows no list of words: whoever holds one asks for the nearest of it.

/// What is compared of a text, in characters; the rest is not looked at.
pub const CHARS_MAX: usize = 80;

/// How many letters must be put in, left out, changed, or swapped with their neighbour to make one text of the other
/// (Damerau and Levenshtein, no part edited twice).
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    let letters: Vec<char> = other.chars().take(CHARS_MAX).collect();
    // Rows of the table: the one before last, and the last; `above` begins as the distance from nothing.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=letters.len()).collect();
    let mut last: Option<char> = None;
    for (row, letter) in one.chars().take(CHARS_MAX).enumerate() {
        let mut current = Vec::with_capacity(above.len());
        let mut left = row.saturating_add(1);
        current.push(left);
        for (column, known) in letters.iter().enumerate() {
            let changed = cell(&above, column).saturating_add(usize::from(letter != *known));
            let left_out = cell(&above, column.saturating_add(1)).saturating_add(1);
            let mut fewest = changed.min(left_out).min(left.saturating_add(1));
            if let Some(column) = column.checked_sub(1)
                && letters.get(column) == Some(&letter)
                && last == Some(*known)
            {
                fewest = fewest.min(cell(&before, column).saturating_add(1));
            }
            current.push(fewest);
            left = fewest;
        }
        before = std::mem::replace(&mut above, current);
        last = Some(letter);
    }
    above.last().copied().unwrap_or_default()
}

fn cell(row: &[usize], at: usize) -> usize {
    row.get(at).copied().unwrap_or(usize::MAX)
}

/// How far a text is from a name of several words, case and marks between words apart: from the whole, or, a little further
/// off, from one word of it.
#[must_use]
pub fn from_name(text: &str, name: &str) -> usize {
    let (text, name) = (plain(text), plain(name));
    let words = name.split(' ').map(|word| distance(&text, word).saturating_add(1));
    words.chain([distance(&text, &name)]).min().unwrap_or(usize::MAX)
}

/// Lower case, with one space for whatever stands between words.
fn plain(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slip_of_the_pen_is_counted_twice() {
        for (one, other, apart) in [
            ("", "", 0),
            ("", "abc", 3),
            ("jalan", "jalan", 0),
            ("jaln", "jalan", 1),
            ("jlaan", "jalan", 1),
            ("jalam", "jalan", 1),
            ("sampahh", "sampah", 1),
            ("kitten", "sitting", 3),
            ("ca", "abc", 3),
        ] {
            assert_eq!(distance(one, other), apart, "{one} {other}");
        }
    }

    #[test]
    fn hyphen_or_capital_keeps_names_apart() {
        assert_eq!(from_name("Jalan Nasional", "jalan-nasional"), 0);
        assert_eq!(from_name("rabies", "Ternak, rabies, dan hewan liar"), 1);
    }

    proptest! {
        #[test]
        fn distance_depends_on_the_order(one in "[a-d]{0,8}", other in "[a-d]{0,8}") {
            prop_assert_eq!(distance(&one, &other), distance(&other, &one));
            prop_assert_eq!(distance(&one, &other) == 0, one == other);
            prop_assert!(distance(&one, &other) <= one.len().max(other.len()));
        }

        #[test]
        fn long_text_is_never_done(text in "\\PC{0,300}") {
            prop_assert!(distance(&text, "jalan") <= CHARS_MAX);
        }
    }
}
