//! Telling reporters, against servers on this machine that misbehave. A desk on the memory store, a clock that stands still.

mod hooks;
mod letters;
mod mails;
mod rounds;

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{Courier, Notifier};
use crate::desk::tests::bench::{Bench, keyring, new_complaint};
use crate::desk::{Action, ComplaintName, Desk, NewComplaint, Reporter};
use crate::domain::{ComplaintId, HookName, NoticeState, Recipient, Telling, Visibility};
use crate::regulations::compiled;
use crate::runtime::{ManualClock, SeededEntropy};
use crate::store::memory::MemoryStore;
use crate::store::{Notice, NoticeFilter, Store as _};
use crate::words::Language;

/// When the clock stands, in microseconds.
const NOW: i64 = 1_780_000_000_000_000;

fn hook() -> Recipient {
    Recipient::Webhook(HookName::parse("sms").unwrap())
}

/// A town that tells.
struct Town {
    bench: Bench,
    desk: Desk<MemoryStore>,
    clock: Arc<ManualClock>,
}

impl Town {
    async fn new() -> Self {
        let bench = Bench::padang().await;
        let clock = Arc::new(ManualClock::at(NOW));
        let desk = Desk::open(bench.store.clone(), clock.clone(), Arc::new(SeededEntropy::new(5)), keyring()).await;
        let webhooks = [HookName::parse("sms").unwrap()].into();
        let desk = desk.unwrap().with_timetable(Arc::new(compiled().clone()));
        let desk = desk.with_telling(Telling { mail: true, webhooks });
        Self { bench, desk, clock }
    }

    async fn file(&self, visibility: Visibility) -> ComplaintId {
        let email = "budi@surel.test".to_owned();
        let reporter = Some(Reporter { name: "Budi Rahasia".to_owned(), email, ..Reporter::default() });
        self.desk.file(&NewComplaint { visibility, reporter, ..new_complaint() }).await.unwrap().complaint
    }

    async fn act(&self, id: ComplaintId, action: Action, text: &str) {
        self.desk.act(&ComplaintName::Id(id), None, &action, text).await.unwrap();
    }

    fn courier<N: Notifier>(&self, recipient: Recipient, notifier: N) -> Courier<MemoryStore, N> {
        let entropy = Arc::new(SeededEntropy::new(9));
        Courier { desk: self.desk.clone(), entropy, recipient, notifier, language: Language::English }
    }

    async fn notices(&self, recipient: Recipient) -> Vec<Notice> {
        let filter = NoticeFilter { recipient: Some(recipient), limit: 100, ..NoticeFilter::default() };
        self.bench.store.notices(filter).await.unwrap()
    }

    async fn states(&self, recipient: Recipient) -> Vec<(NoticeState, u32, &'static str)> {
        let all = self.notices(recipient).await.into_iter();
        all.map(|notice| (notice.state, notice.attempts, notice.fault.map_or("", |fault| fault.name()))).collect()
    }
}

/// A port that nobody else has.
async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Answers one HTTP request with these bytes, and says what it was; what comes after a slow answer is waited for to the end.
async fn answered(listener: &TcpListener, answer: &[u8], holds: bool) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&heard) {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the request broke off: {}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&buffer[..read]);
    }
    stream.write_all(answer).await.unwrap();
    if holds {
        // Until the other side has enough.
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    }
    String::from_utf8(heard).unwrap()
}

fn is_whole(heard: &[u8]) -> bool {
    let text = String::from_utf8_lossy(heard);
    let Some((first, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = first.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    body.len() >= length.parse().unwrap()
}
