//! Notices from the command line: what reporters are to be told, and having tried again what was given up. It shows nobody's address.

use std::fmt::Write as _;

use lintas::desk::service::Caller;
use lintas::protocol::desk::v1 as wire;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language};
use serde_json::{Value, json};

use crate::cli::{Notices, Retry};
use crate::failure::Failure;
use crate::output::time;

/// Before a webhook's name.
const WEBHOOK: &str = "webhook:";

/// Lists them.
///
/// # Errors
/// If the desk says no.
pub(crate) async fn list(
    mut caller: Caller<SqliteStore>,
    asked: &Notices,
    lang: Language,
) -> Result<(Value, String), Failure> {
    let reply = caller.notices(wire::NoticesRequest { dead: asked.dead }).await?;
    let mut text = String::new();
    for notice in &reply.notices {
        let word = |list: &str, name: &str| words::say(&format!("{list}.{name}"), lang, &[]);
        let to = match notice.recipient.strip_prefix(WEBHOOK) {
            Some(name) => words::say("notice-recipient.webhook", lang, &[("name", name)]),
            None => words::say("notice-recipient.reporter", lang, &[]),
        };
        let (step, state) = (word("notice-step", &notice.step), word("notice-state", &notice.state));
        let _ = write!(text, "{}  {:<19}  {step} · {to} · {state}", notice.id, notice.tracking);
        if notice.attempts > 0 {
            let _ = write!(text, " · {}×", notice.attempts);
        }
        if !notice.fault.is_empty() {
            let _ = write!(text, " · {}", word("notice-fault", &notice.fault));
        }
        text.push('\n');
    }
    if text.is_empty() {
        text = words::say("notices.none", lang, &[]);
    }
    let one = |notice: &wire::Notice| {
        json!({
            "id": notice.id, "complaint": notice.complaint, "tracking": notice.tracking, "step": notice.step,
            "recipient": notice.recipient, "state": notice.state, "attempts": notice.attempts,
            "next": time(notice.next_micros), "at": time(notice.at_micros),
            "fault": if notice.fault.is_empty() { Value::Null } else { json!(notice.fault) },
        })
    };
    Ok((json!({ "notices": reply.notices.iter().map(one).collect::<Vec<_>>() }), text))
}

/// Has what was given up tried again.
///
/// # Errors
/// If the desk says no.
pub(crate) async fn retry(
    mut caller: Caller<SqliteStore>,
    asked: Retry,
    lang: Language,
) -> Result<(Value, String), Failure> {
    let reply = caller.retry_notices(wire::RetryNoticesRequest { id: asked.id.unwrap_or_default() }).await?;
    let count = reply.count.to_string();
    Ok((json!({ "retried": reply.count }), words::say("notices.retried", lang, &[("count", &count)])))
}
