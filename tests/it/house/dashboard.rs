//! The dashboard and the papers name metrics that exist, and all of them. It starts nothing.

use std::collections::BTreeSet;
use std::fs;

use lintas::telemetry::METRICS;
use serde_json::Value;

use super::sources::top;

/// Every text under a key, at any depth.
fn texts<'a>(value: &'a Value, keys: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if let Some(text) = field.as_str().filter(|_| keys.contains(&name.as_str())) {
                    found.push(text);
                }
                texts(field, keys, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, keys, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The metrics that an expression names, less what Prometheus adds to a histogram's.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metrics = words.filter(|word| word.starts_with("lintas_") || word.starts_with("process_"));
    let parts = ["_bucket", "_count", "_sum"];
    metrics.map(|word| parts.iter().find_map(|part| word.strip_suffix(part)).unwrap_or(word).to_owned()).collect()
}

fn known() -> BTreeSet<String> {
    METRICS.iter().map(lintas::telemetry::Metric::prometheus).collect()
}

#[test]
fn dashboard_shows_a_metric_that_does_not_exist() {
    let folder = top().join("deploy/grafana");
    let mut shown = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let dashboard: Value = serde_json::from_str(&text).unwrap();
        let mut expressions = Vec::new();
        texts(&dashboard, &["expr", "query"], &mut expressions);
        shown.extend(expressions.into_iter().flat_map(named));
    }
    let unknown: Vec<_> = shown.difference(&known()).cloned().collect();
    assert!(unknown.is_empty(), "the dashboard shows what no program tells: {unknown:?}");
    let unseen: Vec<_> = known().difference(&shown).cloned().collect();
    assert!(unseen.is_empty(), "no panel shows {unseen:?}");
}

#[test]
fn metric_is_not_in_the_papers() {
    let text = fs::read_to_string(top().join("docs/OPERATIONS.md")).unwrap();
    assert_eq!(named(&text), known());
}
