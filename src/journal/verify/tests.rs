//! Faults of a whole journal that its verification must find, and good journals that it must not call broken. Tests only.

use super::*;
use crate::domain::{Change, Header};
use crate::journal::sample::{self, federation, key, node};
use crate::journal::{SigningKey, header, header_hash};

/// Writes a journal the way a node does: `complaints` says on which complaint each event of a batch is.
struct Author {
    head: Head,
    newest: HashMap<u8, EventHash>,
}

type Batch = (Seal, Vec<Vec<u8>>);

impl Author {
    fn new() -> Self {
        Self { head: Head::GENESIS, newest: HashMap::new() }
    }

    fn write(&mut self, complaints: &[u8]) -> Batch {
        self.write_with(complaints, |_| ())
    }

    fn write_with(&mut self, complaints: &[u8], alter: impl Fn(&mut Header)) -> Batch {
        let mut headers = Vec::new();
        for (complaint, seq) in complaints.iter().zip(self.head.position.seq + 1..) {
            let position = Position::new(self.head.position.incarnation, seq);
            let prev = self.newest.get(complaint).copied();
            let id = Some(ComplaintId([*complaint; 16]));
            let mut header = Header { position, prev, complaint: id, ..sample::header(1, Change::FollowedUp) };
            alter(&mut header);
            let bytes = header::encode(&header);
            self.newest.insert(*complaint, header_hash(&bytes));
            headers.push(bytes);
        }
        let seal = sample::seal(&self.head, &headers);
        self.head = seal.head();
        (seal, headers)
    }
}

fn verifier() -> JournalVerifier<impl Fn(Position) -> Option<SigningKeyId>> {
    JournalVerifier::new(federation(), node(), |_| Some(key().public()))
}

fn feed<K: Fn(Position) -> Option<SigningKeyId>>(
    verifier: &mut JournalVerifier<K>,
    batches: &[&Batch],
) -> Result<(), Break> {
    batches.iter().try_for_each(|(seal, headers)| verifier.batch(seal, headers).map(drop))
}

#[test]
fn good_journal_is_called_broken() {
    let mut author = Author::new();
    let batches = [author.write(&[1, 2, 1]), author.write(&[2]), author.write(&[3, 1])];
    let mut verifier = verifier();
    assert_eq!(feed(&mut verifier, &batches.each_ref()), Ok(()));
    assert_eq!((verifier.events(), verifier.seals(), verifier.unreadable()), (6, 3, 0));
    assert_eq!(verifier.head(), author.head);
}

#[test]
fn missing_batch_goes_unseen() {
    let mut author = Author::new();
    let batches = [author.write(&[1]), author.write(&[1]), author.write(&[1])];
    let mut verifier = verifier();
    let broken = feed(&mut verifier, &[&batches[0], &batches[2]]).unwrap_err();
    let cause = BatchError::NotNext { expected: Position::new(1, 2), found: Position::new(1, 3) };
    assert_eq!(broken, Break::Batch { at: Position::new(1, 3), cause });
    assert_eq!(feed(&mut verifier, &[&batches[1]]), Err(broken), "goes on after a break");
    assert_eq!(verifier.events(), 1);
}

#[test]
fn event_skips_its_predecessor_on_the_complaint() {
    let alterations: [fn(&mut Header); 3] = [
        |header| header.prev = None,
        |header| header.prev = Some(EventHash([7; 32])),
        |header| header.complaint = None,
    ];
    for alter in alterations {
        let mut author = Author::new();
        let batches = [author.write(&[1, 2]), author.write_with(&[2], alter)];
        let broken = feed(&mut verifier(), &batches.each_ref());
        assert_eq!(broken, Err(Break::Prev(Position::new(1, 3))));
    }
}

#[test]
fn seal_without_authority_counts() {
    let mut author = Author::new();
    let batches = [author.write(&[1]), author.write(&[1])];
    let cut = |at: Position| (at.seq < 2).then(|| key().public());
    let mut verifier = JournalVerifier::new(federation(), node(), cut);
    assert_eq!(feed(&mut verifier, &batches.each_ref()), Err(Break::NoKey(Position::new(1, 2))));
    let stranger = SigningKey::from_seed([9; 32]).public();
    let mut verifier = JournalVerifier::new(federation(), node(), |_| Some(stranger));
    assert!(matches!(feed(&mut verifier, &[&batches[0]]), Err(Break::Batch { .. })));
}

#[test]
fn unreadable_event_breaks_the_journal() {
    let mut author = Author::new();
    let bad = |header: &mut Header| header.change = Change::Unknown { kind: 10, body: vec![] };
    let misplaced = |header: &mut Header| header.node = NodeId::Hub;
    let first = author.write(&[1, 2]);
    let readable = author.newest.clone();
    let batches = [first, author.write_with(&[1], bad), author.write(&[1]), author.write_with(&[2], misplaced)];
    author.newest.insert(2, readable[&2]);
    let last = author.write(&[2, 1]);
    let mut verifier = verifier();
    assert_eq!(feed(&mut verifier, &batches.each_ref()), Ok(()));
    assert_eq!(feed(&mut verifier, &[&last]), Ok(()), "as if the unreadable event were not there");
    assert_eq!((verifier.events(), verifier.unreadable()), (7, 2));
}

#[test]
fn inadmissible_event_breaks_the_journal() {
    let mut author = Author::new();
    let batches = [author.write(&[1]), author.write_with(&[1], |header| header.prev = None), author.write(&[1])];
    assert_eq!(feed(&mut verifier(), &batches.each_ref()), Err(Break::Prev(Position::new(1, 2))));
    let judged = header_hash(&batches[1].1[0]);
    assert_eq!(feed(&mut verifier().inadmissible([judged]), &batches.each_ref()), Ok(()));
}

/// A journal whose first life went on to 1/4, of which the hub counted up to 1/2, and then a second life.
fn two_lives() -> (Batch, Batch, Batch) {
    let mut author = Author::new();
    let counted = author.write(&[1, 2]);
    let newest = author.newest.clone();
    let lost = author.write(&[1, 3]);
    author = Author { head: Head { position: Position::new(2, 0), hash: counted.0.hash() }, newest };
    let again = author.write(&[1, 3, 2]);
    (counted, lost, again)
}

#[test]
fn recovered_journal_is_called_broken() {
    let (counted, lost, again) = two_lives();
    let granted = || verifier().granted(2, Position::new(1, 2));
    assert_eq!(feed(&mut granted(), &[&counted, &again]), Ok(()), "the hub's copy");
    assert_eq!(feed(&mut granted(), &[&counted, &lost, &again]), Ok(()), "the node's own copy");
}

#[test]
fn life_begins_without_a_grant_or_elsewhere() {
    let (counted, lost, again) = two_lives();
    assert_eq!(feed(&mut verifier(), &[&counted, &again]), Err(Break::NotGranted(2)));
    let mut backwards = verifier().granted(2, Position::new(2, 1));
    assert_eq!(feed(&mut backwards, &[&counted, &again]), Err(Break::NotGranted(2)));
    let mut further = verifier().granted(2, Position::new(1, 4));
    assert_eq!(feed(&mut further, &[&counted, &again]), Err(Break::Missing(Position::new(1, 4))));
    let mut further = verifier().granted(2, Position::new(1, 4));
    assert!(matches!(feed(&mut further, &[&counted, &lost, &again]), Err(Break::Batch { .. })));
    let mut granted = verifier().granted(2, Position::new(1, 2));
    assert!(matches!(feed(&mut granted, &[&counted, &again, &lost]), Err(Break::Batch { .. })));
}

#[test]
fn life_in_which_nothing_counted_is_called_broken() {
    let (counted, lost, again) = two_lives();
    let mut author = Author::new();
    author.head = Head { position: Position::new(3, 0), hash: counted.0.hash() };
    author.newest = HashMap::from([(2, header_hash(&counted.1[1]))]);
    let third = author.write(&[2, 4]);
    let granted = || verifier().granted(2, Position::new(1, 2)).granted(3, Position::new(2, 0));
    assert_eq!(feed(&mut granted(), &[&counted, &third]), Ok(()));
    assert_eq!(feed(&mut granted(), &[&counted, &lost, &third]), Ok(()));
    assert_eq!(feed(&mut granted(), &[&counted, &lost, &again, &third]), Ok(()));
    let mut skipped = verifier().granted(3, Position::new(2, 0));
    assert_eq!(feed(&mut skipped, &[&counted, &third]), Err(Break::NotGranted(3)));
}

#[test]
fn second_loss_before_anything_was_stored_is_called_broken() {
    let (counted, lost, again) = two_lives();
    let mut author = Author::new();
    author.head = Head { position: Position::new(3, 0), hash: counted.0.hash() };
    author.newest = HashMap::from([(2, header_hash(&counted.1[1]))]);
    let third = author.write(&[2, 4]);
    let granted = || verifier().granted(2, Position::new(1, 2)).granted(3, Position::new(1, 2));
    assert_eq!(feed(&mut granted(), &[&counted, &third]), Ok(()));
    assert_eq!(feed(&mut granted(), &[&counted, &again, &third]), Ok(()));
    assert_eq!(feed(&mut granted(), &[&counted, &lost, &again, &third]), Ok(()));
}
