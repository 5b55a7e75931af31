//! A step in words, as a reporter reads it in a mail. Of a confidential complaint it says no more than that there is something to look up.

use std::fmt::Write as _;

use super::facts::Facts;
use super::paper::wrapped;
use crate::domain::{Step, Visibility};
use crate::words::{Language, Word as _, day, read_day, say};

/// How wide a letter is, in columns.
pub const COLUMNS: usize = 72;

/// A mail's subject and text. Personal.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The subject, one line.
    pub subject: String,
    /// The text.
    pub body: String,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Letter(personal)")
    }
}

impl Letter {
    /// Tells a step; `look_up` says where people ask, if the settings do.
    #[must_use]
    pub fn of(facts: &Facts, look_up: &str, language: Language) -> Self {
        let tracking = facts.tracking.to_string();
        let step = facts.step.in_words(language);
        let unit = facts.unit_name.as_str();
        let tell = |code: &str, more: &[(&str, &str)]| {
            let known = [("tracking", &*tracking), ("unit", unit), ("step", step), ("where", look_up)];
            wrapped(&say(code, language, &[&known[..], more].concat()), COLUMNS)
        };
        let subject = say("mail.subject", language, &[("tracking", &tracking), ("step", step)]);
        let mut paragraphs = vec![tell("mail.greeting", &[])];
        if facts.visibility == Visibility::Open {
            paragraphs.push(tell(&format!("mail.{}", facts.step.name()), &[]));
            if let Some(text) = &facts.text {
                paragraphs.push(tell("mail.text", &[]));
                paragraphs.push(quoted(text));
            }
        } else {
            paragraphs.push(tell("mail.confidential", &[]));
        }
        if let Some(by) = facts.last_day.as_deref().and_then(read_day) {
            let code = if facts.step == Step::Deferred { "mail.complete-by" } else { "mail.reply-by" };
            paragraphs.push(tell(code, &[("day", &day(by, language))]));
        }
        paragraphs.push(tell(if look_up.is_empty() { "mail.ask" } else { "mail.ask-at" }, &[]));
        paragraphs.push(tell("mail.automatic", &[]));
        Self { subject, body: paragraphs.join("\n\n") + "\n" }
    }
}

/// What somebody else wrote, line by line behind a sign, without characters that do something.
fn quoted(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    let mut quoted = String::new();
    for line in wrapped(&clean, COLUMNS.saturating_sub(2)).lines() {
        let _ = writeln!(quoted, "{}", format!("> {line}").trim_end());
    }
    quoted.trim_end().to_owned()
}
