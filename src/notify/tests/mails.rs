//! Mail: what stands in it, and what a mail server's words make of a notice.

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use super::{Town, listener};
use crate::desk::{Action, ComplaintName, EventName};
use crate::domain::{NoticeFault, NoticeState, Recipient, Visibility};
use crate::notify::mail::Account;
use crate::notify::{Mailer, Security};
use crate::store::Store as _;
use crate::words::Language;

fn mailer(port: u16, limit: Duration) -> Mailer {
    Mailer::new(Account {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        authority: None,
        login: None,
        from: "Lapor Padang <lapor@padang.test>".to_owned(),
        look_up: String::new(),
        language: Language::English,
        limit,
    })
    .unwrap()
}

const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server that takes one mail, but answers one word of the dialogue otherwise. What it heard.
async fn server(listener: &TcpListener, word: &str, answer: &str) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let say = |said: &str, usual: &'static str| {
        let chosen = if !word.is_empty() && said.starts_with(word) { answer } else { usual };
        format!("{chosen}\r\n")
    };
    let mut heard = String::new();
    write.write_all(say("CONNECT", "220 mail.test").as_bytes()).await.unwrap();
    let mut content = false;
    while let Ok(Some(line)) = lines.next_line().await {
        heard.push_str(&line);
        heard.push('\n');
        let reply = match line.as_str() {
            "." if content => {
                content = false;
                say("END", "250 taken")
            }
            _ if content => continue,
            "DATA" => {
                let reply = say("DATA", "354 go on");
                content = reply.starts_with("354");
                reply
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            line => say(line, "250 fine"),
        };
        if write.write_all(reply.as_bytes()).await.is_err() || line == "QUIT" {
            break;
        }
    }
    heard
}

async fn told(word: &str, answer: &str) -> (NoticeState, u32, &'static str) {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let (listener, port) = listener().await;
    let courier = town.courier(Recipient::Reporter, mailer(port, PATIENCE));
    let (_, round) = tokio::join!(server(&listener, word, answer), courier.round());
    round.unwrap();
    town.states(Recipient::Reporter).await[0]
}

#[tokio::test]
async fn server_puts_a_mail_off_and_it_is_given_up_or_the_other_way_round() {
    for (word, answer, state, fault) in [
        ("", "", NoticeState::Sent, ""),
        ("CONNECT", "421 later", NoticeState::Waiting, "put-off"),
        ("CONNECT", "554 not you", NoticeState::Waiting, "not-accepted"),
        ("EHLO", "550 not you", NoticeState::Waiting, "not-accepted"),
        ("MAIL", "451 later", NoticeState::Waiting, "put-off"),
        ("MAIL", "553 not from you", NoticeState::Waiting, "not-accepted"),
        ("RCPT", "450 later", NoticeState::Waiting, "put-off"),
        ("RCPT", "550 nobody here", NoticeState::Dead, "refused"),
        ("DATA", "451 later", NoticeState::Waiting, "put-off"),
        ("END", "452 full", NoticeState::Waiting, "put-off"),
        ("END", "554 unwanted", NoticeState::Dead, "refused"),
    ] {
        assert_eq!(told(word, answer).await, (state, 1, fault), "{word} {answer}");
    }
}

#[tokio::test]
async fn server_that_is_down_or_silent_loses_a_mail() {
    let town = Town::new().await;
    town.file(Visibility::Open).await;
    let (kept, port) = listener().await;
    let impatient = town.courier(Recipient::Reporter, mailer(port, Duration::from_millis(20)));
    let (_stream, round) = tokio::join!(async { kept.accept().await.unwrap() }, impatient.round());
    assert_eq!(round.unwrap().broken.map(NoticeFault::name), Some("too-slow"));
    drop(kept);
    town.clock.advance(3600 * 1_000_000);
    let courier = town.courier(Recipient::Reporter, mailer(port, PATIENCE));
    assert_eq!(courier.round().await.unwrap().broken.map(NoticeFault::name), Some("unreachable"));
    assert_eq!(town.states(Recipient::Reporter).await, [(NoticeState::Waiting, 2, "unreachable")]);
}

/// The mail of the newest step of a complaint.
async fn mail(town: &Town) -> String {
    let (listener, port) = listener().await;
    let courier = town.courier(Recipient::Reporter, mailer(port, PATIENCE));
    let (heard, round) = tokio::join!(server(&listener, "", ""), courier.round());
    assert_eq!(round.unwrap().taken, 1);
    heard
}

#[tokio::test]
async fn mail_of_a_confidential_complaint_tells_something() {
    for visibility in [Visibility::Open, Visibility::Confidential] {
        let town = Town::new().await;
        let id = town.file(visibility).await;
        let filed = mail(&town).await;
        assert!(
            filed.contains("RCPT TO:<budi@surel.test>") && filed.contains("MAIL FROM:<lapor@padang.test>"),
            "{filed}"
        );
        assert!(filed.contains("Auto-Submitted: auto-generated") && !filed.contains("berlubang"), "{filed}");
        let notice = &town.notices(Recipient::Reporter).await[0];
        assert!(filed.contains(&format!("Message-ID: <{}@padang.test>", notice.id)), "{filed}");
        town.act(id, Action::Verify, "").await;
        mail(&town).await;
        town.act(id, Action::Respond, "Sudah ditambal kemarin.").await;
        let answer = mail(&town).await;
        let tracking = town.bench.store.file(id).await.unwrap().unwrap().summary.unwrap().tracking.to_string();
        assert!(answer.contains(&tracking) && !answer.contains("Budi"), "{answer}");
        assert_eq!(answer.contains("ditambal"), visibility == Visibility::Open, "{answer}");
        assert!(answer.contains("You may reply until"), "{answer}");
    }
}

#[tokio::test]
async fn erased_identity_is_written_to() {
    let town = Town::new().await;
    let id = town.file(Visibility::Open).await;
    let filed = town.notices(Recipient::Reporter).await[0].event;
    let event = EventName::parse(&filed.to_string()).unwrap();
    town.desk.act(&ComplaintName::Id(id), None, &Action::Redact { event }, "").await.unwrap();
    let (_listener, port) = listener().await;
    let round = town.courier(Recipient::Reporter, mailer(port, PATIENCE)).round().await.unwrap();
    assert_eq!((round.tried, round.taken), (1, 0));
    assert_eq!(town.states(Recipient::Reporter).await, [(NoticeState::Moot, 1, "")]);
}

#[test]
fn password_is_shown() {
    let login = Some(("lapor".to_owned(), "rahasia".to_owned().into()));
    let account = Account {
        host: "mail.test".to_owned(),
        port: 587,
        security: Security::StartTls,
        authority: None,
        login,
        from: "lapor@padang.test".to_owned(),
        look_up: String::new(),
        language: Language::Indonesian,
        limit: PATIENCE,
    };
    let mailer = Mailer::new(account).unwrap();
    assert!(!format!("{mailer:?}").contains("rahasia"));
}
