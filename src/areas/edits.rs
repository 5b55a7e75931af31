//! How many slips of the pen lie between two words: letters put in, left out, changed, or two neighbours swapped.

/// Longest word that is compared, in bytes: one bit each.
pub(super) const WORD_BYTES_MAX: usize = 64;

/// A word, ready to be compared with many.
#[derive(Debug)]
pub(super) struct Pattern {
    /// For every letter of ASCII, a bit for each place where the word has it.
    places: [u64; 128],
    length: u32,
    /// The bit of the last place.
    last: u64,
    letters: u32,
}

impl Pattern {
    /// None for an empty word, one that is too long or has other than ASCII letters.
    pub(super) fn new(word: &str) -> Option<Self> {
        if word.is_empty() || word.len() > WORD_BYTES_MAX {
            return None;
        }
        let mut places = [0_u64; 128];
        let mut bit = 1_u64;
        let mut last = 0_u64;
        for byte in word.bytes() {
            *places.get_mut(usize::from(byte))? |= bit;
            last = bit;
            bit = bit.wrapping_shl(1);
        }
        Some(Self { places, length: u32::try_from(word.len()).ok()?, last, letters: letters(word) })
    }

    /// Whether a word with these letters may be at most `most` slips away. A no is certain, a yes is not: one slip changes
    /// at most two of the letters that a word has.
    pub(super) fn may_be_near(&self, other: u32, most: u8) -> bool {
        (self.letters ^ other).count_ones() <= 2 * u32::from(most)
    }

    /// The slips between the pattern and `word`: the distance called optimal string alignment, computed for all places of
    /// the pattern at once (H. Hyyrö, A bit-vector algorithm for computing Levenshtein and Damerau edit distances, 2003).
    pub(super) fn slips(&self, word: &str) -> u32 {
        let (mut up, mut down, mut same, mut before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
        let mut slips = self.length;
        for byte in word.bytes() {
            let here = self.places.get(usize::from(byte)).copied().unwrap_or(0);
            let swapped = ((!same & here) << 1) & before;
            same = ((here & up).wrapping_add(up) ^ up) | here | down | swapped;
            let right = down | !(same | up);
            let left = same & up;
            slips += u32::from(right & self.last != 0);
            slips = slips.saturating_sub(u32::from(left & self.last != 0));
            let right = (right << 1) | 1;
            up = (left << 1) | !(same | right);
            down = right & same;
            before = here;
        }
        slips
    }
}

/// How many slips a word of this length is forgiven.
pub(super) const fn forgiven(length: usize) -> u8 {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Which letters a word has, as a set: one bit each for `a` to `z`, and one for any digit.
pub(super) fn letters(word: &str) -> u32 {
    word.bytes().fold(0, |set, byte| {
        let bit = if byte.is_ascii_lowercase() { u32::from(byte - b'a') } else { 26 };
        set | 1 << bit
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same distance by the book: a table of all beginnings of both.
    fn by_the_book(a: &str, b: &str) -> u32 {
        let (a, b) = (a.as_bytes(), b.as_bytes());
        let mut table = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let changed = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let least = changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        least.min(table[i - 2][j - 2] + 1)
                    } else {
                        least
                    }
                };
            }
        }
        u32::try_from(table[a.len()][b.len()]).unwrap()
    }

    proptest::proptest! {
        #[test]
        fn distance_differs_from_the_one_by_the_book(a in "[a-d]{1,12}", b in "[a-d]{0,12}") {
            let pattern = Pattern::new(&a).unwrap();
            let slips = pattern.slips(&b);
            assert_eq!(slips, by_the_book(&a, &b), "{a} {b}");
            assert!(pattern.may_be_near(letters(&b), u8::try_from(slips).unwrap()), "{a} {b}");
        }
    }

    #[test]
    fn swap_counts_as_two() {
        assert_eq!(Pattern::new("padang").unwrap().slips("pdaang"), 1);
        assert_eq!(Pattern::new("begalung").unwrap().slips("begalng"), 1);
    }

    #[test]
    fn word_too_long_is_compared_in_part() {
        assert!(Pattern::new(&"a".repeat(WORD_BYTES_MAX + 1)).is_none());
        let long = "abcdefgh".repeat(8);
        assert_eq!(Pattern::new(&long).unwrap().slips(&long[1..]), 1);
        assert!(Pattern::new("").is_none());
        assert!(Pattern::new("é").is_none());
    }
}
