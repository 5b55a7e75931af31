//! A joining token as somebody types it, and the files of an enrolment.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintas::identity::{EnrolmentRequest, JoiningBundle, JoiningToken, RequestedKey};

fuzz_target!(|text: &str| {
    if let Ok(token) = JoiningToken::parse(text) {
        assert_eq!(JoiningToken::parse(&token.encode()).ok().map(|token| token.id), Some(token.id));
    }
    let _ = EnrolmentRequest::from_toml(text);
    let _ = JoiningBundle::from_toml(text);
    let _ = RequestedKey::from_request(text);
});
