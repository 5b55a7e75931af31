//! What proves that the hub shows two registries: listed, handed out to be looked into, and dismissed. It judges nothing.

use data_encoding::HEXLOWER;
use lintas::runtime::{Clock as _, SystemClock};
use lintas::store::{Changes, Evidence, Scope, Store as _, Word};
use lintas::words::{self, Language};
use serde_json::{Value, json};

use crate::cli::Evidence as Asked;
use crate::estate;
use crate::failure::Failure;
use crate::keys;
use crate::output::{say, say_json, time};
use crate::run::open_socket;
use crate::settings::Settings;

/// Lists the evidence, or notes that somebody has looked into it.
///
/// # Errors
/// If the database cannot be read; for dismissing, if a node runs on it.
pub(crate) async fn evidence(settings: &Settings, asked: &Asked, as_json: bool, lang: Language) -> Result<(), Failure> {
    if asked.dismiss {
        // Held so that no node seals meanwhile.
        let socket = open_socket(settings)?;
        let store = estate::open(settings, Some(lang)).await?;
        let changes = Changes { dismissed: Some(SystemClock.timestamp()), ..Changes::default() };
        store.transact(Scope::default(), |_| (changes, ())).await?;
        store.close().await;
        drop(socket);
    }
    let store = keys::reader(settings).await?;
    let found = store.evidence().await?;
    store.close().await;
    if as_json {
        say_json(&json!({ "evidence": found.iter().map(told).collect::<Vec<_>>() }));
        return Ok(());
    }
    if found.is_empty() {
        say(&words::say("evidence.none", lang, &[]));
    }
    for one in &found {
        let (at, when) = (one.at.to_string(), time(one.found.0));
        let facts = [("at", at.as_str()), ("found", &when), ("kind", one.there.kind())];
        say(&words::say(if one.dismissed.is_some() { "evidence.dismissed" } else { "evidence.open" }, lang, &facts));
    }
    if found.iter().any(|one| one.dismissed.is_none()) {
        say(&words::say("evidence.then", lang, &[]));
    }
    Ok(())
}

fn told(one: &Evidence) -> Value {
    let word = |word: &Word| {
        let (bytes, signature) = word.signed();
        json!({ "kind": word.kind(), "bytes": HEXLOWER.encode(bytes), "signature": HEXLOWER.encode(signature) })
    };
    json!({
        "at": one.at.to_string(), "found": time(one.found.0), "dismissed": one.dismissed.map(|at| time(at.0)),
        "here": one.here.as_ref().map(word), "there": word(&one.there),
    })
}
