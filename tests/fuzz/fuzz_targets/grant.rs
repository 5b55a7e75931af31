//! Sealed content and wrapped keys from somebody who makes them up: nothing opens, nothing breaks.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lintas::domain::{ComplaintId, FederationId, NodeId, PartKind, PartRef, Wrap};
use lintas::journal::{Body, Keyring, Part, PartKey, SealingKey, sealed};

fuzz_target!(|bytes: &[u8]| {
    let federation = FederationId::parse("lapor.test").expect("it is one");
    let reference = PartRef { kind: PartKind::Narrative, commitment: [7; 32] };
    let ring = Keyring::new(SealingKey::from_seed(&[3; 32]), []);
    if let Some((encapped, rest)) = bytes.split_first_chunk::<32>()
        && let Some((wrapped, _)) = rest.split_first_chunk::<48>()
    {
        let wrap = Wrap { part: 0, to: NodeId::Hub, key: ring.present(), encapped: *encapped, wrapped: *wrapped };
        assert!(ring.unwrap(&wrap, &federation, &reference).is_none());
    }
    let part = Part { index: 0, kind: PartKind::Narrative, body: Body::Sealed(bytes.to_vec()) };
    let key = PartKey::from_random([9; 32]);
    assert!(sealed::open(&part, &reference, &key, &federation, ComplaintId([1; 16])).is_err());
});
