//! Where the node's end of the link is started: the one call site. What it then does is the library's.

use std::sync::Arc;

use lintas::desk::{LinkProbe, LinkReport, LinkState};
use lintas::domain::{Position, Timestamp};
use lintas::identity::{ClientTls, ConnectLimits, Dialer, Reloadable, SpiffeId, TlsIdentity, load_signing_secret};
use lintas::journal::{SigningKey, Statement};
use lintas::link::node::{NodeKey, NodeShared, Trust};
use lintas::link::transport::node::{LinkState as Reported, NodeLink};
use lintas::runtime::OsEntropy;
use lintas::store::observed::Observed;
use lintas::store::sqlite::SqliteStore;
use lintas::telemetry::Telemetry;
use tokio::sync::watch;

use crate::failure::Failure;
use crate::rotate::{next_keys, older_keys};
use crate::settings::{HubSettings, Settings};

/// A node's database, watched.
pub(crate) type NodeStore = Observed<SqliteStore>;

/// The link of a node, ready to run, and its TLS configuration, which can be loaded anew. `written` is the desk's.
///
/// # Errors
/// If keys or certificates are missing, loose or do not belong together.
pub(crate) fn prepare(
    settings: &Settings,
    hub: &HubSettings,
    store: NodeStore,
    telemetry: &Telemetry,
    written: watch::Receiver<Position>,
) -> Result<(NodeLink<NodeStore>, Reloadable<ClientTls>), Failure> {
    let id = SpiffeId::new(settings.federation.clone(), settings.node.clone());
    let seed = load_signing_secret(&settings.signing_key)?;
    let key = SigningKey::from_seed(*seed);
    let (files, told) = (settings.tls.clone(), telemetry.clone());
    let tls = Reloadable::start(move || {
        let tls = ClientTls::new(&TlsIdentity::load(&files, &id)?)?;
        told.instruments().certificate(tls.not_after().0.div_euclid(1_000_000));
        Ok(tls)
    })?;
    let signer = NodeKey {
        older: older_keys(settings)?,
        next: next_keys(settings)?,
        ..NodeKey::new(settings.federation.clone(), settings.node.clone(), key)
    };
    let trust = Trust { federation: settings.federation.clone(), hub: hub.key };
    let shared = NodeShared::new(store, signer, trust, Arc::clone(&settings.clock)).with_telemetry(telemetry.clone());
    let shared = shared.with_timetable(Arc::clone(&settings.timetable)).with_telling(settings.notify.telling());
    let shared = Arc::new(shared);
    let limits = ConnectLimits::default();
    let dialer = Dialer { hub: hub.address.clone(), proxy: hub.proxy.clone(), tls: tls.watch(), limits };
    let state = watch::Sender::new(Reported::Starting);
    Ok((NodeLink { shared, dialer, written, state, entropy: Arc::new(OsEntropy) }, tls))
}

/// How a link stands in a few words, for the service manager.
pub(crate) fn in_words(state: &Reported) -> String {
    match state {
        Reported::Starting => "dialling the hub".to_owned(),
        Reported::Up { .. } => "the link to the hub is up".to_owned(),
        Reported::Down { why, .. } => format!("no link to the hub: {why}"),
    }
}

/// Tells `status` how a link stands.
#[derive(Debug)]
pub(crate) struct Probe(pub(crate) Arc<NodeLink<NodeStore>>);

impl LinkProbe for Probe {
    fn say(&self, statement: Statement) {
        self.0.shared.say(statement);
    }

    fn hub_registry(&self) -> Option<(Position, Timestamp)> {
        self.0.shared.said().map(|head| (head.said().head.position, head.said().time))
    }

    fn report(&self, now: Timestamp) -> LinkReport {
        let progress = self.0.shared.progress();
        match &*self.0.state.borrow() {
            Reported::Starting => LinkReport { state: LinkState::Connecting, ..LinkReport::default() },
            Reported::Up { since } => {
                let behind = progress.is_some_and(|progress| progress.waiting > 0) || !self.0.shared.news.is_old();
                let state = if behind { LinkState::CatchingUp } else { LinkState::Connected };
                // The hub's own clock when it last said how far it is: not later than what is still missing.
                let lag = progress
                    .filter(|progress| progress.waiting > 0)
                    .map_or(0, |progress| now.seconds_since(progress.clock));
                let lag_seconds = Some(u64::try_from(lag).unwrap_or(0));
                LinkReport { state, since: Some(*since), lag_seconds, fault: None }
            }
            Reported::Down { since, why } => {
                let lag_seconds = u64::try_from(now.seconds_since(*since)).ok();
                let fault = Some(why.clone());
                LinkReport { state: LinkState::Connecting, since: Some(*since), lag_seconds, fault }
            }
        }
    }
}
