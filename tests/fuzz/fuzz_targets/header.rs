//! A header's bytes: whatever is read has one form only, and reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintas::journal;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(event) = journal::event(bytes) {
        assert_eq!(journal::header::encode(&event.header), bytes);
        assert_eq!(event.hash, journal::header_hash(bytes));
    }
});
