//! Tests of the accept loop: what a bad client, a full house or a failing `accept` may not do to the others.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncReadExt;

use super::*;
use crate::identity::testing::{Federation, PATIENCE};

#[tokio::test]
async fn stalled_or_refused_handshake_stops_the_others() {
    let federation = Federation::new(1);
    let tls = federation.hub_tls(Federation::hub_key(), &federation.hub_pem());
    let limits = AcceptLimits { handshake: Duration::from_millis(1500), ..AcceptLimits::default() };
    let mut hub = federation.hub_with(tls, limits).await;
    let mut stalled = TcpStream::connect(hub.address.to_string()).await.unwrap();
    let mut babbling = TcpStream::connect(hub.address.to_string()).await.unwrap();
    babbling.write_all(b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n").await.unwrap();
    let _good = hub.admitted(federation.padang()).await;
    let mut rest = Vec::new();
    timeout(PATIENCE, babbling.read_to_end(&mut rest)).await.unwrap().unwrap();
    drop(babbling);
    hub.counted(Refusal::Other, 1).await;
    assert_eq!(timeout(PATIENCE, stalled.read(&mut [0; 8])).await.unwrap().unwrap_or(0), 0);
    hub.counted(Refusal::Timeout, 1).await;
    let _still_good = hub.admitted(federation.padang()).await;
    assert_eq!(hub.refusals.total(), 2);
}

#[tokio::test]
async fn one_node_takes_all_places() {
    let federation = Federation::new(1);
    let tls = federation.hub_tls(Federation::hub_key(), &federation.hub_pem());
    let limits = AcceptLimits { connections_per_node_max: 2, connections_max: 4, ..AcceptLimits::default() };
    let mut hub = federation.hub_with(tls, limits).await;
    let first = hub.admitted(federation.padang()).await;
    let _second = hub.admitted(federation.padang()).await;
    let mut third = hub.dial(federation.padang()).await.unwrap();
    // It is told the end in good form, and nothing more.
    assert_eq!(timeout(PATIENCE, third.read(&mut [0; 1])).await.unwrap().unwrap(), 0);
    hub.counted(Refusal::TooMany, 1).await;
    drop(first);
    let _fourth = hub.admitted(federation.padang()).await;

    // Two places are taken; two that say nothing take the rest, and a fifth finds none.
    let _silent = TcpStream::connect(hub.address.to_string()).await.unwrap();
    let _silent_too = TcpStream::connect(hub.address.to_string()).await.unwrap();
    let mut fifth = TcpStream::connect(hub.address.to_string()).await.unwrap();
    assert_eq!(timeout(PATIENCE, fifth.read(&mut [0; 1])).await.unwrap().unwrap_or(0), 0);
    hub.counted(Refusal::TooMany, 2).await;
}

#[tokio::test]
async fn one_address_takes_all_handshakes() {
    let federation = Federation::new(1);
    let tls = federation.hub_tls(Federation::hub_key(), &federation.hub_pem());
    let limits = AcceptLimits { handshakes_per_address_max: 1, ..AcceptLimits::default() };
    let hub = federation.hub_with(tls, limits).await;
    let _silent = TcpStream::connect(hub.address.to_string()).await.unwrap();
    let mut second = TcpStream::connect(hub.address.to_string()).await.unwrap();
    assert_eq!(timeout(PATIENCE, second.read(&mut [0; 1])).await.unwrap().unwrap_or(0), 0);
    hub.counted(Refusal::TooMany, 1).await;
}

#[tokio::test]
async fn end_in_order_is_called_a_failure() {
    let federation = Federation::new(1);
    // Which of two that are ready is looked at first is drawn by lot.
    for _ in 0..64 {
        let tls = federation.hub_tls(Federation::hub_key(), &federation.hub_pem());
        let (_tls, tls) = tokio::sync::watch::channel(Arc::new(tls));
        let (out, connections) = mpsc::channel(1);
        let acceptor =
            Acceptor { tls, limits: AcceptLimits::default(), refusals: Arc::default(), out, strangers: None };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stop = CancellationToken::new();
        stop.cancel();
        drop(connections);
        assert_eq!(acceptor.run(listener, stop).await, Ended::Cancelled);
    }
}

#[tokio::test]
async fn accept_loop_outlives_those_it_serves() {
    let federation = Federation::new(1);
    let mut hub = federation.hub().await;
    hub.stop.cancel();
    assert_eq!(timeout(PATIENCE, hub.tasks.join_next()).await.unwrap().unwrap().unwrap(), Ended::Cancelled);

    let mut deaf = federation.hub().await;
    deaf.incoming.close();
    assert_eq!(timeout(PATIENCE, deaf.tasks.join_next()).await.unwrap().unwrap().unwrap(), Ended::NobodyListens);
}

/// A listener that fails a few times before each connection, as one does when descriptors run out.
struct Failing {
    listener: TcpListener,
    faults: AtomicUsize,
}

impl Listen for Failing {
    async fn next(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match self.faults.fetch_add(1, Ordering::Relaxed) {
            0 => Err(io::Error::from_raw_os_error(24)),
            1 => Err(io::ErrorKind::ConnectionAborted.into()),
            2 => Err(io::Error::from_raw_os_error(23)),
            _ => self.listener.accept().await,
        }
    }
}

#[tokio::test]
async fn running_out_of_descriptors_ends_the_loop() {
    let federation = Federation::new(1);
    let tls = federation.hub_tls(Federation::hub_key(), &federation.hub_pem());
    let (out, mut incoming) = mpsc::channel(1);
    let tls = watch::Sender::new(Arc::new(tls));
    let acceptor = Acceptor {
        tls: tls.subscribe(),
        limits: AcceptLimits::default(),
        refusals: Arc::default(),
        out,
        strangers: None,
    };
    let inner = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = crate::identity::HostPort::parse(&inner.local_addr().unwrap().to_string()).unwrap();
    let failing = Failing { listener: inner, faults: AtomicUsize::new(0) };
    let stop = CancellationToken::new();
    let client = watch::Sender::new(Arc::new(federation.padang())).subscribe();
    let dialer = crate::identity::Dialer {
        hub: address,
        proxy: None,
        tls: client,
        limits: crate::identity::ConnectLimits::default(),
    };
    let meet = async {
        let _stream = dialer.connect().await.unwrap();
        assert_eq!(incoming.recv().await.unwrap().peer.as_str(), "13.71");
        stop.cancel();
    };
    let (ended, ()) =
        timeout(PATIENCE, async { tokio::join!(acceptor.run_on(&failing, stop.clone()), meet) }).await.unwrap();
    assert_eq!(ended, Ended::Cancelled);
    assert!(failing.faults.load(Ordering::Relaxed) >= 4);
}

#[test]
fn same_refusal_fills_the_log() {
    let refusals = Arc::new(Refusals::default());
    let mut report = Report::new(Arc::clone(&refusals));
    let refused =
        |last: u8, reason| Refused { address: IpAddr::from([10, 0, 0, last]), reason, detail: "a\nb".to_owned() };
    for _ in 0..5 {
        report.refused(&refused(1, Refusal::Expired));
    }
    report.refused(&refused(2, Refusal::Expired));
    report.refused(&refused(1, Refusal::Other));
    assert_eq!(report.lines(), (3, 4));
    assert_eq!(refusals.get(Refusal::Expired), 6);
    report.next_minute();
    report.refused(&refused(1, Refusal::Expired));
    assert_eq!(report.lines(), (1, 0));
    for last in 0..=255 {
        report.refused(&refused(last, Refusal::Timeout));
        report.refused(&refused(last, Refusal::NoUriSan));
    }
    assert_eq!(report.lines().0, 256);
    assert_eq!(refusals.total(), 7 + 1 + 512);
}

#[tokio::test]
async fn client_that_speaks_at_once_never_hears_why() {
    let federation = Federation::new(1);
    let hub = federation.hub().await;
    federation.registry.lock().unwrap().clear();
    let mut stream = hub.dial(federation.padang()).await.unwrap();
    stream.get_ref().0.readable().await.unwrap();
    // The alert is there, unread: were the hub's end closed already, the second or third of these would fail.
    for _ in 0..3 {
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    let fault = timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap_err();
    assert!(crate::identity::refused_by_hub(&fault).is_some(), "{fault}");
}
