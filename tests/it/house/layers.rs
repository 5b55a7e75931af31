//! The layer test: it reads every path that the library and the programs name and fails on a breach of who may use whom.
//! A checker that sees nothing would pass everything, so it is fed a breach of every rule as well.

use std::collections::BTreeSet;
use std::fs;

use super::paths::read;
use super::rules::{Breach, breaches};
use super::sources::{Source, sources, top};

/// The names, as paths write them, of all crates the workspace depends on.
fn crates() -> Vec<String> {
    let manifest: toml::Table = fs::read_to_string(top().join("Cargo.toml")).unwrap().parse().unwrap();
    let shared = manifest["workspace"]["dependencies"].as_table().unwrap();
    let more = ["anyhow", "openssl", "prost_types", "ring"].map(str::to_owned);
    shared.keys().map(|name| name.replace('-', "_")).filter(|name| name != "lintas").chain(more).collect()
}

fn check(path: &str, text: &str) -> Vec<Breach> {
    let source = Source::new(path, text).unwrap();
    breaches(&source, &read(&source, false).unwrap(), &crates())
}

#[test]
fn layer_uses_a_layer_it_may_not() {
    let sources = sources();
    let mut test_modules = BTreeSet::new();
    for source in &sources {
        let read = read(source, false).unwrap();
        test_modules.extend(read.test_modules.into_iter().map(|module| (source.krate.name(), module)));
    }
    let crates = crates();
    let mut found = Vec::new();
    let mut seen = 0;
    for source in &sources {
        let test = test_modules
            .iter()
            .any(|(krate, module)| *krate == source.krate.name() && source.module.starts_with(module));
        let read = read(source, test).unwrap();
        seen += read.paths.len();
        found.extend(breaches(source, &read, &crates));
    }
    let lines: Vec<String> = found.iter().map(|b| format!("{}: {}: {}", b.at, b.path, b.rule)).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    assert!(sources.iter().any(|source| source.path == "src/domain/mod.rs"), "the checker did not find the domain");
    assert!(seen > 100, "the checker saw only {seen} paths");
}

#[test]
fn program_depends_on_the_other_program() {
    for (package, other) in
        [("hub", "lintas-node"), ("regional-node", "lintas-hub"), (".", "lintas-hub"), (".", "lintas-node")]
    {
        let manifest: toml::Table =
            fs::read_to_string(top().join(package).join("Cargo.toml")).unwrap().parse().unwrap();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let there = manifest.get(section).and_then(|table| table.get(other));
            assert!(there.is_none(), "{package}/Cargo.toml: {section} names {other}");
        }
    }
}

#[test]
fn breach_goes_unseen() {
    let cases = [
        ("src/domain/fold.rs", "use crate::journal::Seal;"),
        ("src/domain/fold.rs", "use crate::runtime::Clock;"),
        ("src/domain/fold.rs", "fn f() { crate::store::open(); }"),
        ("src/domain/fold.rs", "use super::super::store::Store;"),
        ("src/domain/deep/fold.rs", "use super::super::super::store::Store;"),
        ("src/domain/mod.rs", "mod inner { use super::super::store::Store; }"),
        ("src/domain/fold.rs", "use lintas::store::Store;"),
        ("src/domain/fold.rs", "use tokio::sync::Mutex;"),
        ("src/domain/fold.rs", "use sqlx;"),
        ("src/domain/fold.rs", "extern crate sqlx;"),
        ("src/domain/fold.rs", "use sqlx as database;"),
        ("src/domain/fold.rs", "fn f() { ::sqlx::query(\"\"); }"),
        ("src/domain/fold.rs", "#[derive(Debug, serde::Serialize)] struct S;"),
        ("src/domain/fold.rs", "#[derive(prost::Message)] struct S;"),
        ("src/domain/fold.rs", "#[cfg(test)] mod tests { use tokio::sync::Mutex; }"),
        ("src/domain/fold.rs", "use proptest::prelude::*;"),
        ("src/domain/fold.rs", "#[cfg(not(test))] use proptest::prelude::*;"),
        ("src/domain/fold.rs", "#[cfg(test)] mod tests { use proptest::prelude::*; } use proptest::prelude::*;"),
        ("src/domain/fold.rs", "use std::{fmt, time::Instant};"),
        ("src/domain/fold.rs", "use std::fs::File;"),
        ("src/domain/fold.rs", "fn f(at: std::net::SocketAddr) {}"),
        ("src/domain/fold.rs", "use std::time; fn f() { time::SystemTime::now(); }"),
        ("src/journal/seal.rs", "use crate::{domain::Event, store::Store};"),
        ("src/journal/seal.rs", "use tokio::fs;"),
        ("src/journal/seal.rs", "use std::fs;"),
        ("src/domain/fold.rs", "#[cfg(test)] mod tests { use std::fs; }"),
        ("src/journal/seal.rs", "fn f() { getrandom::fill(&mut []); }"),
        ("src/protocol/convert.rs", "use crate::store::Store;"),
        ("src/identity/tls.rs", "use crate::link::Session;"),
        ("src/identity/tls.rs", "use crate::protocol::Hello;"),
        ("src/store/mod.rs", "use crate::desk::Desk;"),
        ("src/store/sqlite/mod.rs", "use crate::link::Session;"),
        ("src/link/session.rs", "use crate::protocol::Hello;"),
        ("src/link/session.rs", "use crate::identity::Tls;"),
        ("src/link/session.rs", "use tokio::time::sleep;"),
        ("src/link/session/hello.rs", "use tokio::time::sleep;"),
        ("src/link/outbox.rs", "use crate::store::sqlite::Sqlite;"),
        ("src/link/outbox.rs", "use crate::store; fn f() { store::memory::Memory::new(); }"),
        ("src/link/outbox.rs", "use crate::store::{self as kept}; fn f() { kept::sqlite::open(); }"),
        ("src/link/transport.rs", "use crate::desk::Desk;"),
        ("src/link/transport/server.rs", "use crate::store::postgres::Postgres;"),
        ("src/link/transport/server.rs", "use tokio_rustls::TlsAcceptor;"),
        ("src/desk/file.rs", "use crate::protocol::desk::FileRequest;"),
        ("src/desk/file.rs", "use tonic::Status;"),
        ("src/desk/file.rs", "use crate::link::Session;"),
        ("src/desk/service.rs", "use crate::identity::Tls;"),
        ("src/desk/file.rs", "use sqlx::query;"),
        ("src/desk/file.rs", "use rustls::ServerConfig;"),
        ("src/desk/file.rs", "use anyhow::Result;"),
        ("src/store/sqlite/writer.rs", "use rcgen::KeyPair;"),
        ("src/store/mod.rs", "use prost::Message;"),
        ("src/runtime/tasks.rs", "use crate::store::Store;"),
        ("src/telemetry/metrics.rs", "use crate::desk::Desk;"),
        ("src/web/pages.rs", "use crate::store::Store;"),
        ("src/shed/mod.rs", "use crate::domain::Event;"),
        ("src/store/mod.rs", "use crate::shed::Spade;"),
        ("src/lib.rs", "pub use store::sqlite::Sqlite; use crate::store::Store;"),
        ("src/desk/file.rs", "use lintas_hub::Hub;"),
        ("hub/src/main.rs", "use lintas_node::Node;"),
        ("hub/src/ingest.rs", "use sqlx::query;"),
        ("hub/src/ingest.rs", "use rustls::ServerConfig;"),
        ("hub/src/ingest.rs", "use tonic::Status;"),
        ("hub/src/ingest.rs", "use anyhow::Result;"),
        ("hub/src/ingest.rs", "fn f() { tokio::select! { x = sqlx::query(\"\") => {} } }"),
        ("regional-node/src/intake.rs", "use lintas_hub::Hub;"),
        ("regional-node/src/intake.rs", "use rcgen::KeyPair;"),
    ];
    for (path, text) in cases {
        assert!(!check(path, text).is_empty(), "{path} may not say: {text}");
    }
}

#[test]
fn what_is_allowed_is_called_a_breach() {
    let cases = [
        ("src/domain/fold.rs", "use super::event::Event; use crate::domain::unit; use self::rules::x; use std::fmt;"),
        ("src/domain/fold.rs", "use thiserror::Error; // use sqlx::query;\nconst S: &str = \"use tokio::spawn;\";"),
        ("src/domain/fold.rs", "#[cfg(test)] mod tests { use super::*; use proptest::prelude::*; }"),
        ("src/domain/fold.rs", "/// See [`crate::store::Store`] and `sqlx::query`.\nfn f() -> impl Sized + use<> {}"),
        (
            "src/journal/seal.rs",
            "use crate::domain::Event; use sha2::Sha256; use minicbor::Encoder; use ed25519_dalek::Signer;",
        ),
        (
            "src/protocol/mod.rs",
            "use crate::{domain::Event, journal::Seal}; fn f() { tonic::include_proto!(\"x\"); } use prost::Message;",
        ),
        ("src/identity/tls.rs", "use rustls::ServerConfig; use tokio_rustls::TlsAcceptor; use crate::runtime::Tasks;"),
        ("src/store/sqlite/mod.rs", "use sqlx::query; use super::memory::Memory; use crate::journal::Seal;"),
        ("src/link/session.rs", "use crate::store::Store; use crate::journal::Seal; use super::actions::Action;"),
        ("src/link/outbox.rs", "#[cfg(test)] mod tests { use crate::store::memory::Memory; }"),
        (
            "src/link/transport/server.rs",
            "use crate::{protocol::Hello, identity::Tls}; use tonic::Status; use prost::Message;",
        ),
        ("src/desk/service.rs", "use crate::protocol::desk::FileRequest; use tonic::Status; use crate::store::Store;"),
        ("src/runtime/tasks.rs", "use tokio::task; use std::time::Duration; use crate::domain::Timestamp;"),
        ("src/lib.rs", "pub mod domain; pub mod store;"),
        ("hub/src/main.rs", "use anyhow::Result; use lintas::store::sqlite::Sqlite; mod ingest; use ingest::Ingest;"),
        ("hub/src/desk/service.rs", "use tonic::Status; use crate::ingest::Ingest;"),
        ("regional-node/src/main.rs", "use lintas::{desk, link::transport}; use tokio::net;"),
    ];
    for (path, text) in cases {
        assert_eq!(check(path, text), [], "{path} may say: {text}");
    }
}

#[test]
fn test_module_in_its_own_file_is_taken_for_the_program() {
    let source = Source::new("src/journal/mod.rs", "#[cfg(test)] mod sample; mod seal;").unwrap();
    assert_eq!(read(&source, false).unwrap().test_modules, [["journal", "sample"]]);
    let source = Source::new("src/domain/sample.rs", "use proptest::prelude::*;").unwrap();
    assert_eq!(breaches(&source, &read(&source, true).unwrap(), &crates()), []);
}
