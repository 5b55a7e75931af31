//! What comes by the link, both ways: frames, and in them seals, receipts, statements, the registry's head.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintas::link::transport::wire;
use lintas::protocol::federation::v1 as pb;
use prost::Message as _;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(frame) = pb::UpFrame::decode(bytes) {
        let _ = wire::read_up(frame);
    }
    if let Ok(frame) = pb::DownFrame::decode(bytes) {
        let _ = wire::read_down(frame);
    }
});
