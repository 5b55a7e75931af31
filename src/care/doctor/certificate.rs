//! Whether key and certificate belong together and are valid for a while, and whether the signing key is the one that others know.

use super::{DAY_SECONDS, Finding};
use crate::domain::Timestamp;

/// Days before its end from which a certificate's end is told, and from which it is a problem; of one that lives for less than five
/// months, a fifth and a tenth of its life.
pub const DAYS: (i64, i64) = (30, 7);

/// What is known of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Certificate {
    /// It is not there yet: the node has not joined.
    NotJoined,
    /// Key, certificate or authority cannot be used together; why.
    Unusable(String),
    /// They belong together.
    Valid {
        /// From when.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
}

/// Judges a certificate at `now`; `day` writes a time for people.
#[must_use]
pub fn judge(certificate: &Certificate, now: Timestamp, day: impl Fn(Timestamp) -> String) -> Finding {
    let (from, until) = match certificate {
        Certificate::NotJoined => return Finding::warning("certificate", "not-joined", vec![]),
        Certificate::Unusable(cause) => {
            return Finding::problem("certificate", "certificate-unusable", vec![("cause", cause.clone())]);
        }
        Certificate::Valid { from, until } => (*from, *until),
    };
    let left = until.seconds_since(now).checked_div(DAY_SECONDS).unwrap_or(0);
    // One that lives for days is renewed by itself after two thirds of that: a fifth is when something has gone wrong.
    let life = until.seconds_since(from).max(0);
    let limit = |days: i64, share: i64| days.saturating_mul(DAY_SECONDS).min(life.checked_div(share).unwrap_or(0));
    let (soon, now_or_never) = (limit(DAYS.0, 5), limit(DAYS.1, 10));
    let seconds_left = until.seconds_since(now);
    let known = || vec![("until", day(until)), ("days", left.to_string())];
    if now < from {
        return Finding::problem("certificate", "certificate-not-yet", vec![("from", day(from))]);
    }
    if until < now {
        Finding::problem("certificate", "certificate-ended", known())
    } else if seconds_left < now_or_never {
        Finding::problem("certificate", "certificate-ends", known())
    } else if seconds_left < soon {
        Finding::warning("certificate", "certificate-ends-soon", known())
    } else {
        Finding::ok("certificate", "certificate-ok", known())
    }
}

/// What is known of the signing key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKey {
    /// Why it cannot be loaded, if it cannot.
    pub unusable: Option<String>,
    /// Whether it is the one that others know as the own one: of a node by the registry, of a hub by its newest seal. None if
    /// nobody knows any yet.
    pub known: Option<bool>,
}

/// Judges the signing key.
#[must_use]
pub fn judge_signing_key(key: &SigningKey) -> Finding {
    match (&key.unusable, key.known) {
        (Some(cause), _) => Finding::problem("signing-key", "signing-key-unusable", vec![("cause", cause.clone())]),
        (None, None) => Finding::ok("signing-key", "signing-key-unknown", vec![]),
        (None, Some(true)) => Finding::ok("signing-key", "signing-key-ok", vec![]),
        (None, Some(false)) => Finding::problem("signing-key", "signing-key-other", vec![]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::default().plus_seconds(days * DAY_SECONDS)
    }

    fn code(from: i64, until: i64) -> &'static str {
        judge(&Certificate::Valid { from: at(from), until: at(until) }, at(100), |_| String::new()).code
    }

    #[test]
    fn certificate_that_ends_is_well() {
        assert_eq!(code(0, 400), "certificate-ok");
        assert_eq!(code(-300, 129), "certificate-ends-soon");
        assert_eq!(code(-300, 106), "certificate-ends");
        assert_eq!(code(0, 99), "certificate-ended");
        assert_eq!(code(101, 400), "certificate-not-yet");
    }

    #[test]
    fn certificate_of_a_week_is_complained_of_all_week() {
        assert_eq!([code(100, 107), code(96, 103)], ["certificate-ok"; 2]);
        assert_eq!(code(94, 101), "certificate-ends-soon");
        assert_eq!(code(93, 100), "certificate-ends");
    }

    #[test]
    fn certificate_of_another_key_is_well() {
        let judged = |certificate| judge(&certificate, at(0), |_| String::new());
        assert_eq!(judged(Certificate::Unusable("no".to_owned())).code, "certificate-unusable");
        assert_eq!(judged(Certificate::NotJoined).code, "not-joined");
    }

    #[test]
    fn signing_key_that_nobody_knows_is_well() {
        let judged = |unusable: Option<&str>, known| {
            judge_signing_key(&SigningKey { unusable: unusable.map(str::to_owned), known })
        };
        assert_eq!(judged(None, Some(true)).code, "signing-key-ok");
        assert_eq!(judged(None, Some(false)).code, "signing-key-other");
        assert_eq!(judged(None, None).code, "signing-key-unknown");
        assert_eq!(judged(Some("no"), Some(true)).code, "signing-key-unusable");
    }
}
