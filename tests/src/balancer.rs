//! A TCP balancer before several hub processes, as an operator would have one; it can let a connection die halfway, without a
//! word to the hub. It knows nothing of what it carries.

use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lintas::runtime::{OnFailure, Tasks};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes carried at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// A balancer that runs until this is dropped.
#[derive(Debug)]
pub struct Balancer {
    shared: Arc<Shared>,
    tasks: Tasks,
}

#[derive(Debug)]
struct Shared {
    /// Where new connections go, tried in this order.
    backends: Mutex<Vec<u16>>,
    /// What connections that were made so far do.
    way: watch::Sender<Way>,
    /// Bytes of nodes that are held back.
    held: AtomicUsize,
}

/// What becomes of the connections that there are; those that come later are not concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// They are carried.
    Open,
    /// What nodes send is held back.
    Frozen,
    /// And their nodes are cut off; their hubs keep them.
    Cut,
    /// What was held back goes to the hubs.
    Released,
}

impl Balancer {
    /// Starts one on a port, before these ports.
    ///
    /// # Errors
    /// If the port is not to be had.
    pub async fn start(port: u16, backends: Vec<u16>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let (way, held) = (watch::Sender::new(Way::Open), AtomicUsize::new(0));
        let shared = Arc::new(Shared { backends: Mutex::new(backends), way, held });
        let (tasks, accepting) = (Tasks::new(), Arc::clone(&shared));
        let running = tasks.clone();
        tasks.spawn("balancer", OnFailure::Log, async move {
            while let Ok((node, _)) = listener.accept().await {
                // Subscribed here, so that whatever happens later concerns it.
                let (way, shared) = (accepting.way.subscribe(), Arc::clone(&accepting));
                running.spawn("balanced connection", OnFailure::Log, async move {
                    // A connection that ends is no failure of the balancer.
                    let _ = carry(node, way, &shared).await;
                    Ok::<(), io::Error>(())
                });
            }
            Ok::<(), io::Error>(())
        });
        Ok(Self { shared, tasks })
    }

    /// Sends new connections to these ports, tried in this order.
    pub fn prefer(&self, backends: Vec<u16>) {
        *self.shared.backends.lock().unwrap_or_else(PoisonError::into_inner) = backends;
    }

    /// Holds back what the nodes that are connected send from now on.
    pub fn freeze(&self) {
        self.shared.way.send_replace(Way::Frozen);
    }

    /// Bytes held back.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.shared.held.load(Ordering::Acquire)
    }

    /// Cuts the frozen connections off from their nodes, without a word to their hubs.
    pub fn cut(&self) {
        self.shared.way.send_replace(Way::Cut);
    }

    /// Lets what was held back go on to the hubs.
    pub fn release(&self) {
        self.shared.way.send_replace(Way::Released);
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.tasks.stop_hard();
    }
}

/// Carries one connection to its end.
async fn carry(node: TcpStream, mut way: watch::Receiver<Way>, shared: &Shared) -> io::Result<()> {
    let began = *way.borrow_and_update();
    let backends = shared.backends.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let mut hub = None;
    for port in backends {
        hub = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.ok();
        if hub.is_some() {
            break;
        }
    }
    let mut hub = hub.ok_or(io::ErrorKind::ConnectionRefused)?;
    let mut node = node;
    if began != Way::Open {
        return tokio::io::copy_bidirectional(&mut node, &mut hub).await.map(drop);
    }
    let (mut from_node, mut to_node) = node.into_split();
    let (mut from_hub, mut to_hub) = hub.into_split();
    let down = async { tokio::io::copy(&mut from_hub, &mut to_node).await.map(drop) };
    let up = async {
        let (mut chunk, mut held, mut frozen) = (vec![0; CHUNK_BYTES], Vec::new(), false);
        loop {
            let read = tokio::select! {
                read = from_node.read(&mut chunk) => read?,
                _ = way.changed() => {
                    frozen = true;
                    if *way.borrow() == Way::Cut {
                        return Ok::<Vec<u8>, io::Error>(held);
                    }
                    continue;
                }
            };
            let Some(sent) = chunk.get(..read).filter(|sent| !sent.is_empty()) else { return Ok(held) };
            if frozen {
                held.extend_from_slice(sent);
                shared.held.fetch_add(read, Ordering::AcqRel);
            } else {
                to_hub.write_all(sent).await?;
            }
        }
    };
    let held = tokio::select! {
        ended = down => return ended,
        held = up => held?,
    };
    drop((from_node, to_node));
    if !held.is_empty() {
        way.wait_for(|way| *way == Way::Released).await.map_err(|_| io::ErrorKind::Interrupted)?;
        to_hub.write_all(&held).await?;
    }
    // The hub hears the rest of what was on its way, then that nobody is there.
    to_hub.shutdown().await?;
    tokio::io::copy(&mut from_hub, &mut tokio::io::sink()).await.map(drop)
}
