//! Keeps the node's certificate fresh: after two thirds of its life a new one is asked for, on the link or, if it has ended, with the
//! signing key. What is done is told in the logs; the link takes the new one up by itself.

use std::sync::Arc;
use std::time::Duration;

use lintas::domain::Timestamp;
use lintas::identity::renewal::{RenewalError, renewal_due, write_renewed};
use lintas::identity::{
    ClientTls, ConnectLimits, Dialer, FileError, KeyError, Reloadable, SpiffeId, TlsError, TlsKey, files,
    load_signing_secret,
};
use lintas::journal::SigningKey;
use lintas::link::hub::joining::JoinRefusal;
use lintas::link::transport::join::{JoinError, come_back, renew};
use lintas::runtime::{Clock as _, OsEntropy, SystemClock, random_bytes};
use lintas::words::{self, Language};
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::rotate::next_keys;
use crate::settings::{HubSettings, Settings};

/// How often the clock is looked at: somebody may set it.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// The shortest and the longest wait after a try that came to nothing.
const AGAIN: (Duration, Duration) = (Duration::from_mins(1), Duration::from_hours(1));

/// Why there is no new certificate.
#[derive(Debug, Error)]
enum Failed {
    #[error(transparent)]
    Join(#[from] JoinError),
    #[error(transparent)]
    Write(#[from] RenewalError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// What renewing needs.
#[derive(Debug)]
pub(crate) struct Renewal {
    pub(crate) settings: Settings,
    pub(crate) hub: HubSettings,
    pub(crate) tls: Arc<Reloadable<ClientTls>>,
}

impl Renewal {
    /// Renews whenever it is time, until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut random = random_bytes(&OsEntropy);
        let mut wait = AGAIN.0;
        loop {
            let tls = self.tls.current();
            let due = renewal_due(tls.not_before(), tls.not_after(), random);
            let now = SystemClock.timestamp();
            let pause = if now < due {
                // Whole seconds are enough; the shortest certificate lives a minute.
                let left = u64::try_from(due.seconds_since(now)).unwrap_or(0).saturating_add(1);
                LOOK_EVERY.min(Duration::from_secs(left))
            } else {
                match self.once(&tls, now).await {
                    Ok(until) => {
                        tracing::info!(until = until.0.div_euclid(1_000_000), "the node has a new certificate");
                        random = random_bytes(&OsEntropy);
                        wait = AGAIN.0;
                        Duration::from_secs(1)
                    }
                    Err(failed) => {
                        tell(&failed, &tls, now);
                        // A certificate that ends soon is tried for oftener.
                        let left = u64::try_from(tls.not_after().seconds_since(now)).unwrap_or(0);
                        let soon = Duration::from_secs(left.checked_div(20).unwrap_or(0)).max(Duration::from_secs(5));
                        let pause = if left > 0 { wait.min(soon) } else { wait };
                        wait = wait.saturating_mul(2).min(AGAIN.1);
                        pause
                    }
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    async fn once(&self, tls: &ClientTls, now: Timestamp) -> Result<Timestamp, Failed> {
        let Settings { federation, node, .. } = &self.settings;
        let id = SpiffeId::new(federation.clone(), node.clone());
        let key = TlsKey::load(&self.settings.tls.key)?;
        let (hub, proxy, limits) = (self.hub.address.clone(), self.hub.proxy.clone(), ConnectLimits::default());
        let (certificate, authority) = if now <= tls.not_after() {
            let dialer = Dialer { hub, proxy, tls: self.tls.watch(), limits };
            let renewed = renew(&dialer, &id, &key).await?;
            (renewed.certificate_pem, renewed.authority_pem)
        } else {
            let signing = SigningKey::from_seed(*load_signing_secret(&self.settings.signing_key)?);
            let returning = ClientTls::returning(&id, &hub, &self.settings.tls.authority)?;
            let (_keep, tls) = watch::channel(Arc::new(returning));
            let dialer = Dialer { hub, proxy, tls, limits };
            let old = String::from_utf8_lossy(&files::read_public(&self.settings.tls.certificate)?).into_owned();
            // Keys that follow may be in force already, though their files could not be put in place.
            let next = next_keys(&self.settings).ok().flatten().map(|next| next.signing);
            let joined = match (come_back(&dialer, &id, (&key, &signing), old.clone()).await, next) {
                (Err(JoinError::Refused(JoinRefusal::Proof)), Some(next)) => {
                    come_back(&dialer, &id, (&key, &next), old).await
                }
                (joined, _) => joined,
            }?;
            (joined.bundle.certificate_pem, joined.bundle.authority_pem)
        };
        write_renewed(&self.settings.tls, &certificate, &authority)?;
        Ok(self.tls.reload()?.not_after())
    }
}

/// Tells why there is no new certificate, and what to do.
fn tell(failed: &Failed, tls: &ClientTls, now: Timestamp) {
    let ended = now > tls.not_after();
    if let Failed::Join(JoinError::Refused(refusal)) = failed {
        let remedy = words::say(&format!("join.{}", refusal.code()), Language::English, &[]);
        // An operator's own authority renews by file; nothing is wrong as long as the certificate is good.
        if *refusal == JoinRefusal::NoAuthority && !ended {
            tracing::info!("the hub issues no certificates: have a new one issued before this one ends");
        } else {
            tracing::error!(%remedy, "the node has no new certificate");
        }
    } else if ended {
        tracing::error!(error = %failed, "the node's certificate has ended and there is no new one yet");
    } else {
        tracing::warn!(error = %failed, "the node has no new certificate yet; it is tried again");
    }
}
