//! A node's side of the transport: it dials the hub, runs one session, and dials again, with jitter, for as long as it lives.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use backon::BackoffBuilder;
use hyper_util::rt::TokioIo;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Endpoint;

use super::watched::{Broken, Watched};
use super::{
    CONNECTION_WINDOW_BYTES, DOWN_BYTES_MAX, FAREWELL, KEEPALIVE_ANSWER, KEEPALIVE_EVERY, QUEUE_MESSAGES,
    STREAM_WINDOW_BYTES, is_unreadable, wire,
};
use crate::domain::{Position, Timestamp};
use crate::identity::{ClientStream, ClientTls, Dialer, refused_by_hub};
use crate::link::message::{Down, Fault, MESSAGE_BYTES_MAX};
use crate::link::node::session::Input;
use crate::link::node::{Ended, NodeEnd, NodeShared, Output};
use crate::protocol::federation::v1 as pb;
use crate::protocol::federation::v1::link_client::LinkClient;
use crate::runtime::{Entropy, Progress, Step, random_bytes};
use crate::store::Store;

/// How long the desk's events are gathered before they are sealed and sent: the least time between two batches.
pub const GATHER: Duration = Duration::from_millis(20);
/// How often the own journal is looked at unasked.
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The shortest and the longest mean wait before dialling again.
pub const RECONNECT: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// Most waits while a fault lasts that only an operator ends.
const LASTING: Duration = Duration::from_mins(1);

/// How the link stands, for `status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkState {
    /// Not tried yet.
    Starting,
    /// Batches and deliveries flow.
    Up {
        /// Since when.
        since: Timestamp,
    },
    /// There is no session.
    Down {
        /// Since when.
        since: Timestamp,
        /// Why, in one line.
        why: String,
    },
}

/// A node's link to the hub.
#[derive(Debug)]
pub struct NodeLink<S> {
    /// What the sessions share.
    pub shared: Arc<NodeShared<S>>,
    /// How to reach the hub.
    pub dialer: Dialer,
    /// Where the own journal ends: changes after each commit at the desk.
    pub written: watch::Receiver<Position>,
    /// How the link stands.
    pub state: watch::Sender<LinkState>,
    /// Randomness for jitter.
    pub entropy: Arc<dyn Entropy>,
}

/// How one session came to its end.
#[derive(Debug)]
enum Outcome {
    Ended(Ended),
    Broken(String),
    /// The node has another certificate, and with it the next connection is up.
    Moved(Box<ClientStream>),
    Stopped,
}

impl<S: Store> NodeLink<S> {
    /// Keeps the link up until told to stop.
    pub async fn run(&self, stop: CancellationToken) {
        let mut waits = Self::waits();
        let mut next = None;
        loop {
            let mut was_up = false;
            let outcome = self.session(next.take(), None, &stop, &mut was_up).await;
            if was_up {
                waits = Self::waits();
            }
            let (why, wait) = match outcome {
                Outcome::Stopped => return,
                Outcome::Moved(stream) => {
                    tracing::info!("the link goes on with the new certificate");
                    next = Some(*stream);
                    continue;
                }
                Outcome::Ended(Ended::Recovered) => continue,
                Outcome::Ended(Ended::Drained(seconds)) => {
                    let least = Duration::from_secs(u64::from(seconds.min(3600)));
                    ("the hub is going away for a while".to_owned(), least.saturating_add(self.jitter(RECONNECT.0)))
                }
                Outcome::Ended(Ended::Fault(fault)) if fault.is_lasting() => {
                    tracing::error!(%fault, "the link stands still");
                    (fault.to_string(), self.jitter(LASTING))
                }
                Outcome::Ended(Ended::Fault(fault)) => {
                    (fault.to_string(), self.jitter(waits.next().unwrap_or(RECONNECT.1)))
                }
                Outcome::Broken(why) => (why, self.jitter(waits.next().unwrap_or(RECONNECT.1))),
            };
            self.down(&why);
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    /// Recovers: one session in which the own journal is taken back and a new life begins. `progress` is told how far it is.
    ///
    /// # Errors
    /// Says in one line why it could not.
    pub async fn recover(&self, stop: CancellationToken, progress: &Progress) -> Result<(), String> {
        let told = progress.step("progress.recover", None);
        match self.session(None, Some(&told), &stop, &mut false).await {
            Outcome::Ended(Ended::Recovered) => Ok(()),
            Outcome::Ended(Ended::Fault(fault)) => Err(fault.to_string()),
            Outcome::Ended(Ended::Drained(_)) => Err("the hub is going away for a while; try again".to_owned()),
            Outcome::Broken(why) => Err(why),
            Outcome::Moved(_) => Err("the certificate was renewed meanwhile; try again".to_owned()),
            Outcome::Stopped => Err("stopped before the end; run it again".to_owned()),
        }
    }

    fn waits() -> backon::ExponentialBackoff {
        let (first, most) = RECONNECT;
        backon::ExponentialBuilder::default().with_min_delay(first).with_max_delay(most).without_max_times().build()
    }

    /// Full jitter: anything between nothing and `most`.
    fn jitter(&self, most: Duration) -> Duration {
        let share = u32::from_le_bytes(random_bytes(&*self.entropy));
        let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
        let part = u128::from(micros).saturating_mul(u128::from(share)).checked_shr(32).unwrap_or(0);
        Duration::from_micros(u64::try_from(part).unwrap_or(micros))
    }

    fn down(&self, why: &str) {
        let news = self.state.send_if_modified(|state| {
            if matches!(state, LinkState::Down { why: known, .. } if known == why) {
                return false;
            }
            let since = match state {
                LinkState::Down { since, .. } => *since,
                LinkState::Starting | LinkState::Up { .. } => self.shared.now(),
            };
            *state = LinkState::Down { since, why: why.to_owned() };
            true
        });
        if news {
            tracing::warn!(%why, "no link to the hub; the desk goes on alone");
        }
    }

    /// One session, on a connection that is up or else on a new one; one in which the node recovers, if there is a step to tell of it.
    async fn session(
        &self,
        connected: Option<ClientStream>,
        recovery: Option<&Step>,
        stop: &CancellationToken,
        was_up: &mut bool,
    ) -> Outcome {
        let broken = Broken::default();
        let mut tls = self.dialer.tls.clone();
        tls.mark_unchanged();
        let opening = async {
            let stream = match connected {
                Some(stream) => stream,
                None => self.dialer.connect().await.map_err(|error| error.to_string())?,
            };
            let mut once = Some(TokioIo::new(Watched { stream, broken: broken.clone() }));
            let connector = tower::service_fn(move |_: http::Uri| {
                let stream = once.take().ok_or_else(|| std::io::Error::other("dialled anew each time"));
                std::future::ready(stream)
            });
            let endpoint = Endpoint::from_static("http://hub.invalid")
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
                .http2_adaptive_window(false)
                .http2_keep_alive_interval(KEEPALIVE_EVERY)
                .keep_alive_timeout(KEEPALIVE_ANSWER);
            let channel = endpoint.connect_with_connector(connector).await.map_err(|error| told(&error))?;
            let mut client = LinkClient::new(channel)
                .max_decoding_message_size(DOWN_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX);
            let (sender, receiver) = mpsc::channel(QUEUE_MESSAGES);
            let hello = self.shared.hello(recovery.is_some()).await.map_err(|error| error.to_string())?;
            let mut end = NodeEnd::new(Arc::clone(&self.shared));
            let Output { messages, .. } = end.handle(Input::Start(hello)).await;
            if !write(&sender, messages).await {
                return Err("the link broke before the first word".to_owned());
            }
            let answer = client.session(ReceiverStream::new(receiver)).await.map_err(|status| told(&status))?;
            Ok((end, sender, answer.into_inner()))
        };
        let opened = tokio::select! {
            () = stop.cancelled() => return Outcome::Stopped,
            opened = timeout(Duration::from_mins(1), opening) => opened,
        };
        let outcome = match opened {
            Err(_) => Outcome::Broken("the hub does not answer".to_owned()),
            Ok(Err(why)) => Outcome::Broken(why),
            Ok(Ok((end, sender, stream))) => {
                Box::pin(self.converse(end, sender, stream, (recovery, tls), stop, was_up)).await
            }
        };
        match outcome {
            // What the connection itself said tells more than what the layers above made of it.
            Outcome::Broken(why) => Outcome::Broken(broken.why().unwrap_or(why)),
            Outcome::Ended(_) | Outcome::Moved(_) | Outcome::Stopped => outcome,
        }
    }

    async fn converse(
        &self,
        mut end: NodeEnd<S>,
        out: mpsc::Sender<pb::UpFrame>,
        mut stream: tonic::Streaming<pb::DownFrame>,
        (recovery, mut tls): (Option<&Step>, watch::Receiver<Arc<ClientTls>>),
        stop: &CancellationToken,
        was_up: &mut bool,
    ) -> Outcome {
        let shown = tls.borrow().not_after();
        // The next connection, while it is being opened.
        let mut next = std::pin::pin!(None);
        let mut written = self.written.clone();
        let mut gathered = Instant::now();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let input = tokio::select! {
                biased;
                () = stop.cancelled() => return Outcome::Stopped,
                // A certificate that ends later is used at once: the next connection is opened beside this one, and what this one
                // has not got through goes out on the next, from where the hub then says that it stands.
                Ok(()) = tls.changed() => {
                    if recovery.is_none() && tls.borrow_and_update().not_after() > shown {
                        next.set(Some(Box::pin(self.dialer.connect())));
                    }
                    continue;
                }
                connected = ready(next.as_mut()) => {
                    next.set(None);
                    match connected {
                        Ok(stream) => return Outcome::Moved(Box::new(stream)),
                        Err(error) => tracing::warn!(%error, "the link cannot go on with the new certificate yet"),
                    }
                    continue;
                }
                message = stream.message() => match message {
                    Ok(Some(frame)) => match wire::read_down(frame) {
                        Ok(down) => {
                            tell(recovery, &down);
                            Input::Received(down)
                        }
                        Err(error) => {
                            tracing::warn!(%error, "the session ends");
                            Input::Applied(Err(Fault::Protocol))
                        }
                    },
                    Ok(None) => return Outcome::Broken("the hub ended the link".to_owned()),
                    Err(status) if is_unreadable(&status) => {
                        tracing::warn!(error = status.message(), "the session ends");
                        Input::Applied(Err(Fault::Protocol))
                    }
                    Err(status) => return Outcome::Broken(told(&status)),
                },
                Ok(()) = written.changed() => {
                    // What comes first after a rest goes at once; what follows it closely is gathered.
                    sleep_until(gathered + GATHER).await;
                    gathered = Instant::now();
                    written.mark_unchanged();
                    Input::Wake
                }
                () = self.shared.spoken() => match self.shared.speech().await {
                    Ok(statements) => Input::Speak(statements),
                    Err(error) => {
                        tracing::error!(%error, "what is to be said of keys cannot be read");
                        Input::Failed
                    }
                },
                _ = look.tick() => Input::Wake,
            };
            let Output { messages, ended } = end.handle(input).await;
            if end.session().is_live() && !*was_up {
                *was_up = true;
                // What was not said in an earlier session is said in this one.
                self.shared.say_again();
                tracing::info!("the link to the hub is up");
                self.state.send_replace(LinkState::Up { since: self.shared.now() });
            }
            let sent = write(&out, messages).await;
            if let Some(ended) = ended {
                // To drop the stream now would take back what is not written yet; the hub ends it once it has heard why.
                drop(out);
                let _ = timeout(FAREWELL, async { while let Ok(Some(_)) = stream.message().await {} }).await;
                return Outcome::Ended(ended);
            }
            if !sent {
                return Outcome::Broken("the link broke".to_owned());
            }
        }
    }
}

/// Waits for what there is to wait for, or for ever.
async fn ready<T>(mut future: Pin<&mut Option<impl Future<Output = T>>>) -> T {
    match future.as_mut().as_pin_mut() {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn write(out: &mpsc::Sender<pb::UpFrame>, messages: Vec<crate::link::message::Up>) -> bool {
    for up in messages {
        if out.send(wire::up(up)).await.is_err() {
            return false;
        }
    }
    true
}

/// Tells how much of the journal has come back. How much there is, is known only where the hub holds a single life of it.
fn tell(recovery: Option<&Step>, down: &Down) {
    match (recovery, down) {
        (Some(step), Down::Welcome(welcome)) if welcome.stored.position.incarnation <= 1 => {
            step.total(welcome.stored.position.seq);
        }
        (Some(step), Down::Restored { batch, .. }) => step.advance_by(batch.entries.len()),
        (Some(_) | None, _) => {}
    }
}

/// What an error of the transport means to an operator, in one line.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    refused_by_hub(error).map_or_else(|| format!("the link broke: {error}"), |refused| refused.to_string())
}
