//! A server whose machine loses its power: it sends no word any more, not even that it is gone. A wire that stops carrying
//! stands for it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::testing::TestDatabase;
use super::*;
use crate::store::conformance::sample::{node, owner};
use crate::store::hints::{Ears as _, Hints as _};

/// Carries bytes between this port and a server's, until it is cut; who is connected then never hears of it.
#[derive(Clone)]
struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<Arc<AtomicBool>>>>,
}

impl Wire {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Self { port, cut: Arc::default(), connections: Arc::default() };
        let accepting = wire.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                accepting.carry(&client, &TcpStream::connect(("127.0.0.1", server)).unwrap());
            }
        });
        wire
    }

    fn carry(&self, client: &TcpStream, server: &TcpStream) {
        let lost = Arc::new(AtomicBool::new(self.cut.load(Ordering::SeqCst)));
        self.connections.lock().unwrap().push(Arc::clone(&lost));
        for (from, to) in [(client, server), (server, client)] {
            let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
            let lost = Arc::clone(&lost);
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(count @ 1..) = from.read(&mut bytes) {
                    if !lost.load(Ordering::SeqCst) && to.write_all(&bytes[..count]).is_err() {
                        break;
                    }
                }
                if lost.load(Ordering::SeqCst) {
                    // The other end stays open and silent until it gives up.
                    let _ = to.read(&mut bytes);
                } else {
                    let _ = to.shutdown(Shutdown::Both);
                }
            });
        }
    }

    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        self.connections.lock().unwrap().iter().for_each(|lost| lost.store(true, Ordering::SeqCst));
    }

    /// Connections that come from now on are carried.
    fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

/// Tries again while it may help.
async fn in_the_end<T>(what: &str, mut work: impl AsyncFnMut() -> Result<T, StoreError>) -> T {
    let tried = async {
        loop {
            match work().await {
                Ok(done) => return done,
                Err(error) => assert!(error.is_retryable(), "{what}: {error}"),
            }
        }
    };
    timeout(Duration::from_mins(2), tried).await.unwrap_or_else(|_| panic!("{what}: never"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_that_vanished_is_waited_for_without_end() {
    let database = TestDatabase::make();
    let address = database.address();
    PostgresStore::create(&address, owner("hub")).await.unwrap().close().await;
    let wire = Wire::to(address.options().get_port());
    // Short, but long enough for a busy machine: a server that lives must not be taken for one that has vanished.
    let (some, second) = (Duration::from_secs(4), Duration::from_secs(1));
    let limits =
        Limits { connection: some, answer: some / 2, operation: some, refill: some, turn: some, silence: second };
    let store = PostgresStore::limited(&address.altered(|options| options.port(wire.port)), owner("hub"), limits);
    let mut ears = in_the_end("listening", async || store.hints(1).listen().await).await;
    in_the_end("reading", async || store.own().await).await;
    // The pool asks a connection that comes back once more, without a limit of its own: cut off there, it would be lost until the
    // system's own limit on unanswered words, which this wire does not have.
    let at_home = async {
        while usize::try_from(store.pool.size()).unwrap() > store.pool.num_idle() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_mins(2), at_home).await.expect("a connection does not come back");
    wire.cut();
    let nothing = |_: &View| (Changes::default(), ());
    let all = async {
        let reads = join_all((0..20).map(|_| store.own()));
        let writes = join_all((0..3).map(|_| store.transact(Scope::default(), nothing)));
        let (reads, writes, refilled) = tokio::join!(reads, writes, store.refill(node("13"), 0));
        assert!(reads.iter().all(|read| matches!(read, Err(StoreError::Unavailable(_)))), "{reads:?}");
        assert!(writes.iter().all(|write| matches!(write, Err(StoreError::Unavailable(_)))), "{writes:?}");
        assert!(matches!(refilled, Err(StoreError::Unavailable(_))), "{refilled:?}");
        while ears.hear().await.is_ok() {}
    };
    timeout(Duration::from_mins(2), all).await.expect("somebody waits for ever");
    wire.mend();
    // No connection was lost with the server: there are as many as before.
    let mut held = Vec::new();
    for _ in 0..settings::CONNECTIONS_MAX {
        held.push(in_the_end("going on", async || store.asking().await).await);
    }
    drop(held);
    in_the_end("writing", async || store.transact(Scope::default(), nothing).await).await;
    drop(ears);
    store.close().await;
    database.drop_it().await;
}
