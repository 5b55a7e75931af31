//! Who may use whom: DESIGN.md §2 as tables, and the check of one path against them. A new module gets a row here first.

use super::paths::{Named, Read};
use super::sources::{Krate, Source};

/// The layers of the library and what each may use besides itself.
const LAYERS: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("areas", &["domain"]),
    ("journal", &["domain"]),
    ("protocol", &["domain", "journal"]),
    ("identity", &["domain", "journal", "runtime", "telemetry"]),
    ("store", &["domain", "journal", "regulations", "runtime", "telemetry"]),
    ("link", &["domain", "journal", "store", "runtime", "telemetry"]),
    ("accounts", &["domain", "journal", "store", "runtime"]),
    ("desk", &["areas", "domain", "journal", "regulations", "store", "accounts", "runtime", "telemetry", "words"]),
    ("manual", &["runtime"]),
    ("notify", &["domain", "identity", "regulations", "store", "desk", "runtime", "words"]),
    ("care", &["domain", "journal", "identity", "store", "desk", "runtime", "telemetry", "words"]),
    ("regulations", &["areas", "domain", "runtime"]),
    ("runtime", &["domain"]),
    ("telemetry", &["domain", "runtime"]),
    ("words", &["domain"]),
    ("web", &["domain", "runtime", "telemetry"]),
];

/// What a transport of a layer may use on top, the sealed part of the sessions apart.
const BORDERS: [(&str, &str, &[&str]); 2] =
    [("link", "transport", &["protocol", "identity"]), ("desk", "service", &["protocol"])];

/// Parts of the store that are no traits: only the programs choose among them.
const STORES: [&str; 4] = ["sqlite", "postgres", "memory", "database"];

/// Crates that only one place may use, by the first segments of that place in the library.
const FENCED: [(&str, &[&str]); 22] = [
    ("lettre", &["notify"]),
    ("hmac", &["notify"]),
    ("webpki_roots", &["identity"]),
    ("argon2", &["accounts", "identity"]),
    ("hpke", &["journal"]),
    ("sqlx", &["store"]),
    ("rustix", &["runtime"]),
    ("rustls", &["identity"]),
    ("tar", &["care"]),
    ("tokio_rustls", &["identity"]),
    ("rcgen", &["identity"]),
    ("x509_parser", &["identity"]),
    ("prost", &["protocol"]),
    ("prost_types", &["protocol"]),
    ("indicatif", &["runtime"]),
    ("clap_complete", &["manual"]),
    ("clap_mangen", &["manual"]),
    ("opentelemetry", &["telemetry"]),
    ("opentelemetry_sdk", &["telemetry"]),
    ("opentelemetry_otlp", &["telemetry"]),
    ("opentelemetry_prometheus", &["telemetry"]),
    ("prometheus", &["telemetry"]),
];

/// Of the crates, those that the domain may use; and more in its tests.
const DOMAIN_CRATES: [&str; 1] = ["thiserror"];
const DOMAIN_TEST_CRATES: [&str; 2] = ["proptest", "tempfile"];

/// Parts of the standard library that reach out of the process, or read the ambient clock.
const IMPURE_STD: [&str; 7] = ["env", "fs", "io", "net", "process", "thread", "time"];

/// Crates that do what a pure state machine must not.
const IMPURE_CRATES: [&str; 8] = ["getrandom", "hyper", "jiff", "sqlx", "tokio", "tokio_stream", "tokio_util", "tonic"];

/// A path that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// Where: file and line.
    pub(crate) at: String,
    /// The path.
    pub(crate) path: String,
    /// The rule, in words.
    pub(crate) rule: &'static str,
}

/// Every breach of a file; `crates` are the names of all crates the workspace depends on.
pub(crate) fn breaches(source: &Source, read: &Read, crates: &[String]) -> Vec<Breach> {
    let breach = |named: &Named, rule| Breach {
        at: format!("{}:{}", source.path, named.line),
        path: named.path.join("::"),
        rule,
    };
    read.paths.iter().filter_map(|named| broken(source, named, crates).map(|rule| breach(named, rule))).collect()
}

fn broken(source: &Source, named: &Named, crates: &[String]) -> Option<&'static str> {
    let first = named.path.first()?.as_str();
    let second = named.path.get(1).map_or("", String::as_str);
    match first {
        "lintas" if source.krate == Krate::Library => inside(source, named),
        "lintas" => None,
        "lintas_hub" | "lintas_node" if first == source.krate.name() => None,
        "lintas_hub" | "lintas_node" => Some("hub and node use the library, never each other, and it uses neither"),
        "std" if is_pure(source, named) && IMPURE_STD.contains(&second) => {
            Some("domain, journal and the sessions of the link are pure: nothing that reaches out of the process")
        }
        _ if crates.iter().any(|name| name == first) => outside(source, named, first),
        _ => None,
    }
}

/// A path to another place in the library.
fn inside(source: &Source, named: &Named) -> Option<&'static str> {
    let here = source.module.first().map_or("", String::as_str);
    let there = named.path.get(1).map_or("", String::as_str);
    if source.module.is_empty() {
        return (!there.is_empty()).then_some("the root of the library names its modules and imports nothing");
    }
    if here == there || there.is_empty() {
        return None;
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == here) else {
        return Some("this layer is unknown: give it a row in the table of layers");
    };
    if !LAYERS.iter().any(|(layer, _)| *layer == there) {
        return Some("the layer it uses is unknown: give it a row in the table of layers");
    }
    let border =
        BORDERS.iter().any(|(layer, part, more)| *layer == here && more.contains(&there) && has_part(source, part));
    if !allowed.contains(&there) && !border {
        return Some("this layer may not use that layer");
    }
    let store = named.path.get(2).map_or("", String::as_str);
    let memory_in_test = named.test && store == "memory";
    (there == "store" && STORES.contains(&store) && !memory_in_test)
        .then_some("layers use the traits of the store; which store it is, only the programs decide")
}

/// A path into a crate from elsewhere.
fn outside(source: &Source, named: &Named, name: &str) -> Option<&'static str> {
    let here = source.module.first().map_or("", String::as_str);
    let library = source.krate == Krate::Library;
    if library && here == "domain" {
        let known = DOMAIN_CRATES.contains(&name) || named.test && DOMAIN_TEST_CRATES.contains(&name);
        return (!known).then_some("the domain uses no crate but thiserror");
    }
    if is_pure(source, named) && IMPURE_CRATES.contains(&name) {
        return Some("domain, journal and the sessions of the link are pure: nothing that reaches out of the process");
    }
    let border = has_part(source, "transport") || has_part(source, "service");
    if ["tonic", "tonic_prost", "tonic_health", "tonic_reflection"].contains(&name) {
        return (!(library && here == "protocol" || border))
            .then_some("tonic only in protocol, transports and services");
    }
    if name == "anyhow" {
        let main = !library && source.module.is_empty();
        return (!main).then_some("anyhow only in the two main.rs: a module has its own errors");
    }
    let (_, homes) = FENCED.iter().find(|(fenced, _)| *fenced == name)?;
    let at_home = library
        && (homes.contains(&here) || name.starts_with("prost") && here == "link" && has_part(source, "transport"));
    (!at_home).then_some("this crate has one home: the table of fenced crates says where")
}

/// Tests of the journal and the sessions may read their vectors and keep time; those of the domain may not even that.
fn is_pure(source: &Source, named: &Named) -> bool {
    let here = source.module.first().map_or("", String::as_str);
    let pure = here == "journal" || here == "link" && has_part(source, "session");
    source.krate == Krate::Library && (here == "domain" || pure && !named.test)
}

/// Whether a module's name below the first begins with `part`.
fn has_part(source: &Source, part: &str) -> bool {
    let below = usize::from(source.krate == Krate::Library);
    source.module.iter().skip(below).any(|name| name.starts_with(part))
}
