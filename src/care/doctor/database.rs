//! Whether the database is there, whole, of this version, and set up so that promises hold.

use super::Finding;
use crate::care::error::mebibytes;
use crate::store::StoreError;
use crate::store::health::Health;

/// Judges a database by what it said of itself, or by why it could not be asked.
#[must_use]
pub fn judge(health: &Result<Health, StoreError>) -> Vec<Finding> {
    let health = match health {
        Ok(health) => health,
        Err(error) => return vec![refused(error)],
    };
    let mut found = Vec::new();
    if let Some(first) = health.broken.first() {
        let known = vec![("count", health.broken.len().to_string()), ("first", first.clone())];
        found.push(Finding::problem("database", "database-broken", known));
    }
    let versions = || vec![("found", health.schema.to_string()), ("known", health.known.to_string())];
    if health.schema < health.known {
        found.push(Finding::warning("database", "schema-older", versions()));
    }
    for (name, what) in &health.scarce {
        let known = vec![("name", (*name).to_owned()), ("what", what.clone())];
        found.push(Finding::warning("database", "database-scarce", known));
    }
    if found.is_empty() {
        let settings: Vec<String> = health.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let known = vec![
            ("bytes", mebibytes(health.bytes)),
            ("schema", health.schema.to_string()),
            ("settings", settings.join(", ")),
        ];
        found.push(Finding::ok("database", "database-ok", known));
    }
    found
}

fn refused(error: &StoreError) -> Finding {
    let cause = || vec![("cause", error.to_string())];
    match error {
        StoreError::Newer => Finding::problem("database", "schema-newer", cause()),
        StoreError::Setting { name, found, wanted } => {
            let known = vec![("name", (*name).to_owned()), ("found", found.clone()), ("wanted", (*wanted).to_owned())];
            Finding::problem("database", "database-setting", known)
        }
        StoreError::Unavailable(_) => Finding::problem("database", "database-away", cause()),
        StoreError::Locked(_) => Finding::problem("database", "database-locked", cause()),
        StoreError::Foreign(_) => Finding::problem("database", "database-not-ours", cause()),
        StoreError::Corrupt(_) | StoreError::Conflict(_) => Finding::problem("database", "database-corrupt", cause()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> Health {
        Health { schema: 5, known: 5, bytes: 1, broken: vec![], settings: vec![("x", "y".to_owned())], scarce: vec![] }
    }

    fn codes(health: &Result<Health, StoreError>) -> Vec<&'static str> {
        judge(health).into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn broken_database_is_well() {
        assert_eq!(codes(&Ok(health())), ["database-ok"]);
        let broken = Health { broken: vec!["row 3 missing".to_owned()], ..health() };
        assert_eq!(codes(&Ok(broken)), ["database-broken"]);
        assert_eq!(codes(&Err(StoreError::Corrupt(String::new()))), ["database-corrupt"]);
    }

    #[test]
    fn schema_of_another_version_is_well() {
        assert_eq!(codes(&Ok(Health { schema: 4, ..health() })), ["schema-older"]);
        assert_eq!(codes(&Err(StoreError::Newer)), ["schema-newer"]);
    }

    #[test]
    fn setting_that_breaks_a_promise_is_well() {
        let setting = StoreError::Setting { name: "fsync", found: "off".to_owned(), wanted: "on" };
        assert_eq!(codes(&Err(setting)), ["database-setting"]);
        let scarce = Health { scarce: vec![("connections", "2 of 100 are free".to_owned())], ..health() };
        assert_eq!(codes(&Ok(scarce)), ["database-scarce"]);
    }

    #[test]
    fn database_that_is_away_or_anothers_is_well() {
        assert_eq!(codes(&Err(StoreError::Unavailable(String::new()))), ["database-away"]);
        assert_eq!(codes(&Err(StoreError::Foreign(String::new()))), ["database-not-ours"]);
    }
}
