//! The name of a notice: derived from the event and from who is told of it, so that whoever is told twice sees that it is the same. It
//! must not be used for anything else.

use super::prefix;
use crate::domain::{EventHash, NoticeId, Recipient};

/// The name of the notice of an event to a recipient: the first 16 bytes of the hash of both.
#[must_use]
pub fn notice_id(event: &EventHash, recipient: &Recipient) -> NoticeId {
    let hash = prefix::NOTICE.hash(&[&event.0, recipient.to_string().as_bytes()]);
    let mut id = [0; 16];
    id.iter_mut().zip(hash).for_each(|(slot, byte)| *slot = byte);
    NoticeId(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::HookName;

    #[test]
    fn two_notices_share_a_name() {
        let hook = |name| Recipient::Webhook(HookName::parse(name).unwrap());
        let of = |byte, recipient: &Recipient| notice_id(&EventHash([byte; 32]), recipient);
        let all = [of(1, &Recipient::Reporter), of(2, &Recipient::Reporter), of(1, &hook("sms")), of(1, &hook("sms2"))];
        for (at, one) in all.iter().enumerate() {
            assert_eq!(all.iter().position(|other| other == one), Some(at));
        }
        assert_eq!(of(1, &Recipient::Reporter), all[0]);
    }
}
