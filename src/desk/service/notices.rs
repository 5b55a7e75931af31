//! Notices as the desk's wire types have them. It decides nothing.

use crate::desk::notices::Listed;
use crate::protocol::desk::v1 as wire;

/// What reporters are to be told, or were.
pub(super) fn notices(listed: Vec<Listed>) -> wire::NoticesReply {
    let one = |Listed { notice, tracking }: Listed| wire::Notice {
        id: notice.id.to_string(),
        complaint: notice.complaint.to_string(),
        tracking: tracking.map(|tracking| tracking.to_string()).unwrap_or_default(),
        step: notice.step.name().to_owned(),
        recipient: notice.recipient.to_string(),
        state: notice.state.name().to_owned(),
        attempts: notice.attempts,
        next_micros: notice.next.0,
        fault: notice.fault.map_or_else(String::new, |fault| fault.name().to_owned()),
        at_micros: notice.at.0,
    };
    wire::NoticesReply { notices: listed.into_iter().map(one).collect() }
}
