//! The library's own audit of every database: once everything is healed it must find nothing, and have looked at something.

use lintas::desk::Opener;
use lintas::desk::audit::audit;
use lintas::domain::SigningKeyId;
use lintas::journal::SigningKey;
use lintas::runtime::Progress;
use lintas::store::Store;
use lintas::store::memory::MemoryStore;
use lintas::words::Language;

use super::world::World;

pub(crate) async fn check(world: &World) -> Result<(), String> {
    let hub = world.kit.trust.hub;
    clean("the hub", &world.store, hub, hub).await?;
    for site in &world.sites {
        let own = SigningKey::from_seed(site.seed).public();
        clean(site.node.as_str(), &site.store, hub, own).await?;
    }
    Ok(())
}

async fn clean(whose: &str, store: &MemoryStore, hub: SigningKeyId, own: SigningKeyId) -> Result<(), String> {
    let report = audit(store, hub, own, &Opener::without_keys(), &Progress::silent())
        .await
        .map_err(|error| error.to_string())?;
    let counts = store.counts().await.map_err(|error| error.to_string())?;
    let (checked, findings) = (report.checked, report.render(Language::English));
    if !report.is_clean() {
        return Err(format!("the audit of {whose} finds: {findings}"));
    }
    let all = checked.events == counts.events && checked.complaints == counts.complaints;
    if all { Ok(()) } else { Err(format!("the audit of {whose} passed over something: {findings} of {counts:?}")) }
}
