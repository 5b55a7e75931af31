//! Chance that repeats itself: the same seed and the same words give the same number. For choosing among invented things only.

/// A number that depends on the seed and on every word, evenly over all numbers.
pub(super) fn number(seed: u32, words: &[&str]) -> u64 {
    // FNV-1a, a word's end included, stirred as SplitMix64 does: neighbouring words must not give neighbouring numbers.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ u64::from(seed).rotate_left(32);
    for byte in words.iter().flat_map(|word| word.bytes().chain([0xff])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// A number below `most`; 0 if that is 0.
pub(super) fn below(seed: u32, words: &[&str], most: u64) -> u64 {
    number(seed, words).checked_rem(most).unwrap_or(0)
}

/// One of these; none of none.
pub(super) fn one_of<'a, T>(seed: u32, words: &[&str], among: &'a [T]) -> Option<&'a T> {
    let at = below(seed, words, u64::try_from(among.len()).unwrap_or(u64::MAX));
    usize::try_from(at).ok().and_then(|at| among.get(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_forgets_or_favours() {
        assert_eq!(number(7, &["a", "b"]), number(7, &["a", "b"]));
        assert_ne!(number(7, &["a", "b"]), number(8, &["a", "b"]));
        assert_ne!(number(7, &["a", "b"]), number(7, &["ab"]));
        let mut seen = [0_u32; 10];
        for step in 0..1_000 {
            let at = usize::try_from(below(7, &[&step.to_string()], 10)).unwrap();
            seen[at] += 1;
        }
        assert!(seen.iter().all(|count| (60..150).contains(count)), "{seen:?}");
        assert_eq!(one_of::<u8>(1, &["x"], &[]), None);
    }
}
