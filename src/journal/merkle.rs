//! Merkle trees over header hashes (RFC 6962 section 2.1): one root a batch, one path an event. It knows no headers.

use sha2::{Digest, Sha256};

use crate::domain::EventHash;

type Hash = [u8; 32];

fn leaf(hash: &EventHash) -> Hash {
    Sha256::new().chain_update([0]).chain_update(hash.0).finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// All levels, leaves first. A last node without a sibling goes up as it is, which gives the tree of RFC 6962.
fn levels(hashes: &[EventHash]) -> Vec<Vec<Hash>> {
    let mut levels = Vec::new();
    let mut level: Vec<Hash> = hashes.iter().map(leaf).collect();
    while level.len() > 1 {
        let above = level.chunks(2).filter_map(|pair| match pair {
            [left, right] => Some(node(left, right)),
            [alone] => Some(*alone),
            _ => None,
        });
        let above = above.collect();
        levels.push(std::mem::replace(&mut level, above));
    }
    levels.push(level);
    levels
}

fn path_in(levels: &[Vec<Hash>], index: usize) -> Vec<Hash> {
    let places = std::iter::successors(Some(index), |place| Some(place / 2));
    levels.iter().zip(places).filter_map(|(level, place)| level.get(place ^ 1).copied()).collect()
}

/// The root of the tree over these leaves; of no leaves, SHA-256 of nothing.
#[must_use]
pub fn root(hashes: &[EventHash]) -> [u8; 32] {
    let root = levels(hashes).pop().and_then(|top| top.first().copied());
    root.unwrap_or_else(|| Sha256::digest([]).into())
}

/// The audit path of one leaf, from the bottom up; of no use for an index beyond the leaves.
#[must_use]
pub fn path(hashes: &[EventHash], index: usize) -> Vec<[u8; 32]> {
    path_in(&levels(hashes), index)
}

/// The audit paths of all leaves.
#[must_use]
pub fn paths(hashes: &[EventHash]) -> Vec<Vec<[u8; 32]>> {
    let levels = levels(hashes);
    (0..hashes.len()).map(|index| path_in(&levels, index)).collect()
}

/// The root to which `path` leads from leaf `index` of a tree of `size` leaves (RFC 9162 section 2.1.3.2); none if the
/// path is longer or shorter than that tree's.
///
/// Trees of different sizes can have a leaf with the same way up, so the size must be known, not taken from the path's
/// sender: a seal signs it.
#[must_use]
pub fn root_from_path(hash: &EventHash, index: u64, size: u64, path: &[[u8; 32]]) -> Option<[u8; 32]> {
    let mut last = size.checked_sub(1)?;
    let mut place = index;
    if place > last {
        return None;
    }
    let mut root = leaf(hash);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if !place.is_multiple_of(2) || place == last {
            root = node(sibling, &root);
            while place.is_multiple_of(2) && place != 0 {
                place /= 2;
                last /= 2;
            }
        } else {
            root = node(&root, sibling);
        }
        place /= 2;
        last /= 2;
    }
    (last == 0).then_some(root)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hashes(size: usize) -> Vec<EventHash> {
        (0..size).map(|n| EventHash(Sha256::digest(n.to_be_bytes()).into())).collect()
    }

    fn wide(value: usize) -> u64 {
        u64::try_from(value).unwrap()
    }

    /// The definition of RFC 6962 section 2.1, word for word.
    fn by_definition(hashes: &[EventHash]) -> Hash {
        match hashes {
            [] => Sha256::digest([]).into(),
            [one] => leaf(one),
            more => {
                let split = more.len().next_power_of_two() / 2;
                let (left, right) = more.split_at(split);
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    /// Which way a leaf goes up: true where it is the right child.
    fn way(index: usize, size: usize) -> Vec<bool> {
        if size < 2 {
            return Vec::new();
        }
        let split = size.next_power_of_two() / 2;
        let right = index >= split;
        let mut below = if right { way(index - split, size - split) } else { way(index, split) };
        below.push(right);
        below
    }

    #[test]
    fn root_differs_from_the_definition() {
        for size in 0..=65 {
            assert_eq!(root(&hashes(size)), by_definition(&hashes(size)), "{size}");
        }
    }

    #[test]
    fn some_leaf_cannot_be_proven() {
        for size in 1..=33 {
            let hashes = hashes(size);
            let all = paths(&hashes);
            assert_eq!(all.len(), size);
            for (index, hash) in hashes.iter().enumerate() {
                let path = path(&hashes, index);
                assert_eq!(all.get(index), Some(&path));
                assert_eq!(root_from_path(hash, wide(index), wide(size), &path), Some(root(&hashes)));
            }
        }
    }

    #[test]
    fn node_is_taken_for_a_leaf() {
        let two = hashes(2);
        let prefixed =
            |prefix: u8, pieces: &[Hash]| Hash::from(Sha256::digest([&[prefix], &pieces.concat()[..]].concat()));
        let leaves = [prefixed(0, &[two[0].0]), prefixed(0, &[two[1].0])];
        assert_eq!(root(&two[..1]), leaves[0]);
        assert_eq!(root(&two), prefixed(1, &leaves));
    }

    #[test]
    fn path_of_another_length_leads_somewhere() {
        let five = hashes(5);
        for index in 0..5 {
            let path = path(&five, index);
            let lead = |path: &[Hash]| root_from_path(&five[index], wide(index), 5, path);
            assert_eq!(lead(&[&path[..], &[[0; 32]]].concat()), None);
            assert_eq!(lead(&path[1..]), None);
        }
        assert_eq!(root_from_path(&five[0], 0, 0, &[]), None);
        assert_eq!(root_from_path(&five[0], 1, 1, &[]), None);
    }

    proptest! {
        #[test]
        fn altered_proof_leads_to_the_root(
            size in 1_usize..200, index: prop::sample::Index, other: prop::sample::Index, at: prop::sample::Index,
            byte in 0_usize..32, flip in 1_u8..=255, wrong_size in 0_usize..300,
        ) {
            let hashes = hashes(size);
            let (index, other) = (index.index(size), other.index(size));
            let root = root(&hashes);
            let hash = hashes[index];
            let good = path(&hashes, index);
            let lead = |hash: &EventHash, index, size, path: &[Hash]| {
                root_from_path(hash, wide(index), wide(size), path) == Some(root)
            };
            prop_assert!(lead(&hash, index, size, &good));
            let mut bad = hash;
            bad.0[byte] ^= flip;
            prop_assert!(!lead(&bad, index, size, &good), "altered leaf");
            prop_assert!(other == index || !lead(&hash, other, size, &good), "another place");
            prop_assert!(!lead(&hash, index + size, size, &good), "a place beyond the tree");
            let same_way = wrong_size > index && way(index, size) == way(index, wrong_size);
            prop_assert_eq!(lead(&hash, index, wrong_size, &good), same_way, "another size");
            prop_assert!(!lead(&hash, index, size, &[&good[..], &[[0; 32]]].concat()), "longer path");
            if !good.is_empty() {
                let at = at.index(good.len());
                let mut path = good.clone();
                path[at][byte] ^= flip;
                prop_assert!(!lead(&hash, index, size, &path), "altered path");
                prop_assert!(!lead(&hash, index, size, &good[1..]), "shorter path");
                prop_assert!(!lead(&hash, index, size, &good[..good.len() - 1]), "shorter path");
                let mut path = good.clone();
                path.swap(0, at);
                prop_assert!(at == 0 || !lead(&hash, index, size, &path), "reordered path");
            }
        }
    }
}
