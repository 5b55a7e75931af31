//! Webhooks: what they are told, how they answer, and where they must not lead.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::{Town, answered, hook, listener};
use crate::desk::Action;
use crate::domain::{NoticeFault, NoticeState, Visibility};
use crate::identity::PublicTls;
use crate::notify::webhook::HookUrl;
use crate::notify::{HookSecret, Names, SystemNames, Webhook};

const OK: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn webhook(url: &str, allow_private: bool) -> Webhook {
    Webhook {
        url: HookUrl::parse(url, allow_private).unwrap(),
        secret: HookSecret::parse(SECRET).unwrap(),
        allow_private,
        tls: PublicTls::new(None).unwrap(),
        names: SystemNames,
        limit: PATIENCE,
    }
}

fn local(port: u16) -> Webhook {
    webhook(&format!("http://127.0.0.1:{port}/lintas"), true)
}

/// What one answer makes of one notice, and what was asked.
async fn told(answer: &[u8]) -> ((NoticeState, u32, &'static str), String) {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let (listener, port) = listener().await;
    let courier = town.courier(hook(), local(port));
    let (heard, round) = tokio::join!(answered(&listener, answer, false), courier.round());
    round.unwrap();
    (town.states(hook()).await[0], heard)
}

fn header<'a>(heard: &'a str, name: &str) -> &'a str {
    heard.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
}

#[tokio::test]
async fn webhook_is_told_who_or_what() {
    let town = Town::new().await;
    for visibility in [Visibility::Open, Visibility::Confidential] {
        let id = town.file(visibility).await;
        town.act(id, Action::Verify, "").await;
        town.act(id, Action::Respond, "Sudah ditambal.").await;
    }
    let (listener, port) = listener().await;
    let courier = town.courier(hook(), local(port));
    let server = async {
        let mut all = Vec::new();
        for _ in 0..6 {
            all.push(answered(&listener, OK, false).await);
        }
        all
    };
    let (all, round) = tokio::join!(server, courier.round());
    assert_eq!(round.unwrap().taken, 6);
    for heard in &all {
        for word in ["Budi", "surel", "ditambal", "berlubang", "pasar"] {
            assert!(!heard.contains(word), "{heard}");
        }
        let (_, body) = heard.split_once("\r\n\r\n").unwrap();
        let value: Value = serde_json::from_str(body).unwrap();
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&value), ["data", "timestamp", "type"]);
        assert_eq!(keys(&value["data"]), ["state", "step", "tracking", "unit"]);
        assert_eq!((value["type"].as_str(), value["data"]["unit"].as_str()), (Some("complaint.step"), Some("13.71")));
        let (id, at) = (header(heard, "webhook-id"), header(heard, "webhook-timestamp"));
        let secret = HookSecret::parse(SECRET).unwrap();
        let signed = secret.sign(id, at.parse().unwrap(), body.as_bytes());
        assert_eq!(header(heard, "webhook-signature"), signed);
        assert_eq!(at, (super::NOW / 1_000_000).to_string());
    }
    let states = town.states(hook()).await;
    assert!(states.iter().all(|state| *state == (NoticeState::Sent, 1, "")), "{states:?}");
}

#[tokio::test]
async fn refusal_for_good_is_tried_for_days_or_a_passing_one_given_up() {
    for (answer, state, fault) in [
        ("200 OK", NoticeState::Sent, ""),
        ("204 No Content", NoticeState::Sent, ""),
        ("410 Gone", NoticeState::Dead, "refused"),
        ("400 Bad Request", NoticeState::Dead, "refused"),
        ("401 Unauthorized", NoticeState::Waiting, "not-accepted"),
        ("404 Not Found", NoticeState::Waiting, "not-accepted"),
        ("429 Too Many Requests", NoticeState::Waiting, "put-off"),
        ("500 Internal Server Error", NoticeState::Waiting, "put-off"),
        ("503 Service Unavailable", NoticeState::Waiting, "put-off"),
    ] {
        let (found, _) = told(format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n").as_bytes()).await;
        assert_eq!(found, (state, 1, fault), "{answer}");
    }
}

#[tokio::test]
async fn answer_is_garbage_or_has_no_end() {
    let (found, _) = told(b"SSH-2.0-OpenSSH\r\n").await;
    assert_eq!(found, (NoticeState::Waiting, 1, "unreachable"));
    let endless = [b"HTTP/1.1 200 OK\r\n".to_vec(), b"x: y\r\n".repeat(20_000)].concat();
    let (found, _) = told(&endless).await;
    assert_eq!(found, (NoticeState::Waiting, 1, "unreachable"));
    // A body that never ends is not waited for.
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let (listener, port) = listener().await;
    let courier = town.courier(hook(), local(port));
    let slow = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\nx";
    let (_, round) = tokio::join!(answered(&listener, slow, true), courier.round());
    assert_eq!(round.unwrap().taken, 1);
}

#[tokio::test]
async fn silent_server_holds_the_others_up_for_ever() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    town.file(Visibility::Open).await;
    let (listener, port) = listener().await;
    let impatient = Webhook { limit: Duration::from_millis(20), ..local(port) };
    let courier = town.courier(hook(), impatient);
    let server = async { listener.accept().await.unwrap() };
    let (_kept, round) = tokio::join!(server, courier.round());
    let round = round.unwrap();
    assert_eq!((round.tried, round.broken.map(NoticeFault::name)), (1, Some("too-slow")));
}

#[tokio::test]
async fn redirect_leads_inside() {
    let inside = AtomicUsize::new(0);
    let (second, port) = listener().await;
    let location =
        format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/admin\r\ncontent-length: 0\r\n\r\n");
    let watch = async {
        drop(second.accept().await);
        inside.fetch_add(1, Ordering::Relaxed);
    };
    let found = tokio::select! {
        biased;
        () = watch => unreachable!("the redirect was followed"),
        (found, _) = told(location.as_bytes()) => found,
    };
    assert_eq!((found, inside.load(Ordering::Relaxed)), ((NoticeState::Waiting, 1, "redirected"), 0));
}

/// A resolver that says what a stranger would like it to say.
struct Lying(Vec<SocketAddr>, AtomicUsize);

impl Names for Lying {
    async fn look_up(&self, _: &str, _: u16) -> io::Result<Vec<SocketAddr>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Ok(self.0.clone())
    }
}

#[tokio::test]
async fn name_that_resolves_to_a_private_address_is_called() {
    let (listener, port) = listener().await;
    let inside: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    // Nothing routes to this one from here, and it is not reached for either.
    let public: SocketAddr = "8.8.8.8:443".parse().unwrap();
    for found in [vec![inside], vec![public, inside], vec![format!("[::ffff:127.0.0.1]:{port}").parse().unwrap()]] {
        let town = Town::new().await;
        town.file(Visibility::Open).await;
        let Webhook { url, secret, tls, limit, .. } = webhook("https://sms.padang.test/", false);
        let names = Lying(found, AtomicUsize::new(0));
        let lying = Webhook { url, secret, tls, limit, names, allow_private: false };
        let courier = town.courier(hook(), lying);
        let round = tokio::select! {
            biased;
            _ = listener.accept() => unreachable!("a private address was called"),
            round = courier.round() => round.unwrap(),
        };
        assert_eq!(round.broken.map(NoticeFault::name), Some("private-address"));
        assert_eq!(
            courier.notifier.names.1.load(Ordering::Relaxed),
            1,
            "looked up once, so that it cannot change between"
        );
    }
}

#[tokio::test]
async fn address_as_a_name_slips_through() {
    for url in ["https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://2130706433/", "https://0x7f.1/"]
    {
        let town = Town::new().await;
        town.file(Visibility::Open).await;
        let courier = town.courier(hook(), webhook(url, false));
        let fault = courier.round().await.unwrap().broken.map(NoticeFault::name);
        assert!(matches!(fault, Some("private-address" | "unreachable")), "{url}: {fault:?}");
    }
}

#[tokio::test]
async fn server_without_the_right_certificate_is_told() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let (listener, port) = listener().await;
    let courier = town.courier(hook(), webhook(&format!("https://127.0.0.1:{port}/"), true));
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        // No TLS at all, then the end.
        tokio::io::AsyncWriteExt::write_all(&mut stream, OK).await.unwrap();
    };
    let ((), round) = tokio::join!(server, courier.round());
    assert_eq!(round.unwrap().broken.map(NoticeFault::name), Some("tls"));
}
