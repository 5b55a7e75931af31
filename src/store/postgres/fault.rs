//! What PostgreSQL's error codes mean for the caller: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use super::StoreError;

/// Classes of errors that pass, or that an operator ends: connections, conflicts between transactions, resources (a full disk),
/// limits, a server that stops or starts, a broken disk.
const PASSING: [&str; 7] = ["08", "40", "53", "54", "55", "57", "58"];
/// Of the class of transactions: a server that only reads now (it was demoted, or its disk is protected), and one that ended a
/// session because its transaction stood still, or took too long.
const OF_TRANSACTIONS: [&str; 3] = ["25006", "25P03", "25P04"];

/// The error behind a code.
pub(in crate::store) fn of(code: &str, text: String) -> StoreError {
    let class = code.get(..2).unwrap_or_default();
    if PASSING.contains(&class) || OF_TRANSACTIONS.contains(&code) {
        return StoreError::Unavailable(text);
    }
    match class {
        "23" => StoreError::Conflict(text),
        "28" | "3D" => StoreError::Foreign(format!(
            "the database server does not let the hub in: {text}; check user, password and database in the address"
        )),
        "42" if code == "42501" => StoreError::Foreign(format!(
            "the database's user may not do what it must: {text}; give it the schema lintas"
        )),
        _ => StoreError::Corrupt(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_that_passes_is_taken_for_damage() {
        let passing = ["08006", "40001", "40P01", "53100", "53300", "55P03", "57P01", "57P03", "58030"];
        for code in passing.into_iter().chain(["25006", "25P03", "25P04"]) {
            assert!(of(code, String::new()).is_retryable(), "{code}");
        }
        for code in ["23505", "25P02", "28P01", "3D000", "42501", "XX001", "22021", ""] {
            assert!(!of(code, String::new()).is_retryable(), "{code}");
        }
        assert!(matches!(of("23505", String::new()), StoreError::Conflict(_)));
        assert!(matches!(of("28P01", String::new()), StoreError::Foreign(_)));
        assert!(matches!(of("XX001", String::new()), StoreError::Corrupt(_)));
    }
}
