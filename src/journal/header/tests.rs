//! What header bytes must not be read as, and that good ones come back unchanged. Tests only.

use super::*;
use crate::domain::Change;
use crate::journal::{arbitrary, sample};
use proptest::prelude::*;

proptest! {
    #[test]
    fn header_comes_back_changed(header in arbitrary::header()) {
        let bytes = encode(&header);
        if bytes.len() > HEADER_BYTES_MAX {
            prop_assert_eq!(decode(&bytes), Err(HeaderError::TooLong(bytes.len())));
        } else {
            prop_assert_eq!(decode(&bytes).unwrap(), header);
        }
    }

    #[test]
    fn arbitrary_bytes_stop_the_reader(bytes: Vec<u8>) {
        prop_assert!(decode(&bytes).is_err());
    }

    #[test]
    fn two_forms_of_one_header_are_read(header in arbitrary::header(), at: prop::sample::Index, byte: u8) {
        let mut bytes = encode(&header);
        let slot = at.get(&bytes).to_owned();
        let index = at.index(bytes.len());
        *bytes.get_mut(index).unwrap() = byte;
        if let Ok(read) = decode(&bytes) {
            prop_assert_eq!(&encode(&read), &bytes);
            prop_assert_eq!(read == header, slot == byte);
        }
    }

    #[test]
    fn truncated_header_is_read(header in arbitrary::header(), at: prop::sample::Index) {
        let bytes = encode(&header);
        prop_assert!(decode(bytes.get(..at.index(bytes.len())).unwrap()).is_err());
    }
}

fn sample() -> Header {
    sample::header(1, Change::Accepted)
}

#[test]
fn longer_form_of_a_number_is_read() {
    let bytes = encode(&sample());
    assert_eq!(bytes.get(..2), Some(&[0x90, 0x01][..]));
    let longer = [&[0x90, 0x18, 0x01], bytes.get(2..).unwrap()].concat();
    assert_eq!(decode(&longer), Err(HeaderError::NotCanonical));
    let longer = [&[0x98, 0x10, 0x01], bytes.get(2..).unwrap()].concat();
    assert_eq!(decode(&longer), Err(HeaderError::NotCanonical));
}

#[test]
fn indefinite_length_is_read() {
    let bytes = encode(&sample());
    let indefinite = [&[0x9f], bytes.get(1..).unwrap(), &[0xff]].concat();
    assert_eq!(decode(&indefinite), Err(HeaderError::Field(Unreadable("fields"))));
}

#[test]
fn trailing_bytes_and_further_fields_are_read() {
    let bytes = encode(&sample());
    assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err(HeaderError::Field(Unreadable("end"))));
    let further = [&[0x91], bytes.get(1..).unwrap(), &[0xf6]].concat();
    assert_eq!(decode(&further), Err(HeaderError::Field(Unreadable("fields"))));
    let newer = [&[0x91, 0x02], bytes.get(2..).unwrap(), &[0xf6]].concat();
    assert_eq!(decode(&newer), Err(HeaderError::Version(2)));
}

#[test]
fn position_zero_is_read() {
    for position in [Position::new(0, 1), Position::new(1, 0)] {
        let header = Header { position, ..sample() };
        assert_eq!(decode(&encode(&header)), Err(HeaderError::Place(position)));
    }
    let header = Header { position: Position::new(1, u64::MAX), ..sample() };
    assert_eq!(decode(&encode(&header)), Err(HeaderError::Field(Unreadable("seq"))));
}

#[test]
fn too_many_parts_are_read() {
    let part = PartRef { kind: PartKind::Note, commitment: [1; 32] };
    let header = Header { parts: vec![part; PARTS_MAX], ..sample() };
    assert_eq!(decode(&encode(&header)).unwrap(), header);
    let header = Header { parts: vec![part; PARTS_MAX + 1], ..sample() };
    assert_eq!(decode(&encode(&header)), Err(HeaderError::TooManyParts(17)));
}

#[test]
fn overlong_header_is_read() {
    let header = |length| Header { change: Change::Unknown { kind: 9, body: vec![0; length] }, ..sample() };
    let spare = HEADER_BYTES_MAX - encode(&header(1000)).len();
    assert_eq!(decode(&encode(&header(1000 + spare))).unwrap(), header(1000 + spare));
    assert_eq!(decode(&encode(&header(1001 + spare))), Err(HeaderError::TooLong(HEADER_BYTES_MAX + 1)));
}

#[test]
fn unknown_change_loses_its_body() {
    let header = Header { change: Change::Unknown { kind: 9, body: b"\xff anything".to_vec() }, ..sample() };
    assert_eq!(decode(&encode(&header)).unwrap(), header);
}

#[test]
fn known_change_with_an_unreadable_body_is_held() {
    for (number, body, field) in [
        (kind::ACCEPTED, &[0x81, 0x01][..], "fields"),
        (kind::ACCEPTED, &[0x80, 0x00], "end"),
        (kind::RETURN, &[0x81, 0x18, 0xc8], "reason"),
        (kind::RATED, &[0x81, 0x06], "stars"),
        (kind::RATED, &[], "fields"),
    ] {
        let header = Header { change: Change::Unknown { kind: number, body: body.to_vec() }, ..sample() };
        let error = HeaderError::Change { kind: number, field: Unreadable(field) };
        assert_eq!(decode(&encode(&header)), Err(error));
    }
}
