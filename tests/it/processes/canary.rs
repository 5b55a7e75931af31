//! Marked words in every field that a person can fill, and everything that goes wrong: none of them leaves by a log, an error, a
//! span, a metric or a database's log, in no form, nor lies readable in a database. Who may read them finds them, which shows that
//! the search does.

use std::fs;
use std::path::{Path, PathBuf};

use lintas::accounts::Token;
use lintas::desk::service::{ClientError, Credentials};
use lintas::desk::socket::SocketPlace;
use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas::protocol::federation::v1 as link;
use lintas_tests::federation::PATIENCE;
use lintas_tests::postgres::Server;
use lintas_tests::wait::until;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use super::service_calls::{hub_as_node, say_to_hub};
use super::town::{Hand, PADANG, PROVINCE, Town, complaint, file};
use super::traced::traced;

/// The marked words, one a field. They look like nothing else.
const CANARIES: [&str; 25] = [
    "kenari-narasi-q7w1z",
    "kenari-nama-q7w2z",
    "kenari-telepon-q7w3z",
    "kenari-alamat-q7w4z",
    "kenari-balasan-q7w5z",
    "kenari-catatan-q7w6z",
    "kenari-jawaban-q7w7z",
    "kenari-alasan-q7w8z",
    "kenari-serahan-q7w9z",
    "kenari-terima-q7x1z",
    "kenari-banding-q7x2z",
    "kenari-nilai-q7x3z",
    "kenari-hapus-q7x4z",
    "kenari-anonim-q7x5z",
    "kenari-salah-q7x6z",
    "kenari-bingkai-q7x7z",
    "kenari-lewat-q7x8z",
    "kenari-pindahan-q7x9z",
    "kenari-petugas-q7y1z",
    "kenari-masuk-q7y2z",
    "kenari-sandi-q7y3z",
    "kenari-tebakan-q7y4z",
    "kenari-nip-q7y5z",
    "kenari-sandi-baru-q7y6z",
    "kenari-surel-q7y7z",
];
const NARRATIVE: &str = CANARIES[0];
const NAME: &str = CANARIES[1];
const PHONE: &str = CANARIES[2];
const ADDRESS: &str = CANARIES[3];
const REPLY: &str = CANARIES[4];
const NOTE: &str = CANARIES[5];
const ANSWER: &str = CANARIES[6];
const REASON: &str = CANARIES[7];
const HANDOVER: &str = CANARIES[8];
const ACCEPT: &str = CANARIES[9];
const APPEAL: &str = CANARIES[10];
const RATE: &str = CANARIES[11];
const REDACT: &str = CANARIES[12];
const ANONYMOUS: &str = CANARIES[13];
const WRONG: &str = CANARIES[14];
const FRAME: &str = CANARIES[15];
const LATE: &str = CANARIES[16];
const MOVED: &str = CANARIES[17];
const OFFICER: &str = CANARIES[18];
const LOGIN: &str = CANARIES[19];
const PASSWORD: &str = CANARIES[20];
const GUESS: &str = CANARIES[21];
const NIP: &str = CANARIES[22];
const NEXT_PASSWORD: &str = CANARIES[23];
const EMAIL: &str = CANARIES[24];

/// What stands in the complaint that is confidential.
const CONFIDENTIAL: [&str; 14] =
    [NARRATIVE, NAME, PHONE, ADDRESS, EMAIL, REPLY, NOTE, HANDOVER, ACCEPT, ANSWER, APPEAL, RATE, REDACT, OFFICER];

/// A word as it may be written down: plain, hexadecimal, as a list of numbers, and in base64 wherever it begins.
fn forms(word: &str) -> Vec<String> {
    let bytes = word.as_bytes();
    let numbers = format!("{bytes:?}");
    let mut forms = vec![
        word.to_owned(),
        data_encoding::HEXLOWER.encode(bytes),
        data_encoding::HEXUPPER.encode(bytes),
        numbers.trim_matches(['[', ']']).to_owned(),
    ];
    for shift in 0..3 {
        let text = [&vec![0; shift], bytes].concat();
        let whole = text.len() / 3 * 3;
        // The first characters depend on what stands before, those after the last whole group on what stands behind.
        for encoding in [data_encoding::BASE64, data_encoding::BASE64URL] {
            let encoded = encoding.encode(&text[..whole]);
            forms.push(encoded[(shift * 8).div_ceil(6)..].to_owned());
        }
    }
    forms
}

/// Which of the words stand in a text, in whatever form.
fn found<'a>(text: &[u8], words: &[&'a str]) -> Vec<&'a str> {
    let text = String::from_utf8_lossy(text);
    let holds = |form: &String| text.contains(form.as_str());
    words.iter().copied().filter(|word| forms(word).iter().any(holds)).collect()
}

#[test]
fn search_overlooks_a_form() {
    let secret = format!("x{NARRATIVE}y");
    for text in [
        secret.clone(),
        data_encoding::BASE64.encode(secret.as_bytes()),
        data_encoding::BASE64.encode(format!("ab{secret}").as_bytes()),
        data_encoding::BASE64URL_NOPAD.encode(format!("a{secret}").as_bytes()),
        data_encoding::HEXLOWER.encode(secret.as_bytes()),
        format!("{:?}", secret.as_bytes()),
    ] {
        assert_eq!(found(text.as_bytes(), &CANARIES), [NARRATIVE], "{text}");
    }
    assert!(found(b"kenari", &CANARIES).is_empty());
}

async fn says(hand: &mut Hand, id: &str, action: Action, text: &str) -> Result<wire::ActReply, ClientError> {
    let request = wire::ActRequest {
        complaint: id.to_owned(),
        action: Some(action),
        text: text.to_owned(),
        ..wire::ActRequest::default()
    };
    hand.act(request).await
}

/// An officer is given an account, logs in, and has a hand in a complaint.
async fn work_as_officer(town: &Town, id: &str) {
    let mut operator = town.desk(PADANG).await;
    let account = wire::NewAccount {
        login: LOGIN.to_owned(),
        name: OFFICER.to_owned(),
        person: NIP.to_owned(),
        role: "unit-admin".to_owned(),
        unit: PADANG.to_owned(),
        password: PASSWORD.to_owned(),
        one_time: true,
    };
    let made = operator.add_accounts(wire::AddAccountsRequest { accounts: vec![account] }).await.unwrap();
    assert_eq!(made.mistakes, Vec::new());
    let login = wire::LoginRequest {
        login: LOGIN.to_owned(),
        password: PASSWORD.to_owned(),
        new_password: NEXT_PASSWORD.to_owned(),
    };
    let entered = operator.login(login).await.unwrap();
    let session = Credentials::Session(Token::parse(&entered.token).unwrap());
    let mut officer = town.desk(PADANG).await.with(session);
    says(&mut officer, id, Action::FollowUp(wire::FollowUp {}), NOTE).await.unwrap();
    officer.show_all(id, true).await.unwrap();
}

/// Everything that a reporter and two offices can write; the tracking numbers that they were given.
async fn speak(town: &Town) -> Vec<String> {
    let mut city = town.desk(PADANG).await;
    let (name, phone, address, email) =
        (NAME.to_owned(), PHONE.to_owned(), ADDRESS.to_owned(), format!("{EMAIL}@surel.test"));
    let reporter = wire::Reporter { name, phone, address, email };
    let filing = wire::FileRequest {
        narrative: NARRATIVE.to_owned(),
        visibility: "confidential".to_owned(),
        reporter: Some(reporter),
        ..complaint(1, 10)
    };
    let filed = city.file(filing).await.unwrap();
    let id = filed.complaint.as_str();
    let anonymous =
        wire::FileRequest { narrative: ANONYMOUS.to_owned(), visibility: "anonymous".to_owned(), ..complaint(2, 10) };
    let other = city.file(anonymous).await.unwrap();
    let reason = || "other".to_owned();
    says(&mut city, id, Action::Reply(wire::Reply {}), REPLY).await.unwrap();
    says(&mut city, id, Action::Verify(wire::Verify {}), NOTE).await.unwrap();
    work_as_officer(town, id).await;
    let transfer = Action::Transfer(wire::Transfer { unit: PROVINCE.to_owned(), reason: reason() });
    says(&mut city, id, transfer, HANDOVER).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let mut province = town.desk(PROVINCE).await;
    says(&mut province, id, Action::Accept(wire::Accept {}), ACCEPT).await.unwrap();
    says(&mut province, id, Action::Respond(wire::Respond {}), ANSWER).await.unwrap();
    town.federation.at_rest().await.unwrap();
    says(&mut city, id, Action::Rate(wire::Rate { stars: 1 }), RATE).await.unwrap();
    says(&mut province, id, Action::Close(wire::Close {}), "").await.unwrap();
    town.federation.at_rest().await.unwrap();
    says(&mut city, id, Action::Appeal(wire::Appeal {}), APPEAL).await.unwrap();
    let archive = Action::Archive(wire::Archive { reason: reason() });
    says(&mut city, &other.complaint, archive, REASON).await.unwrap();
    // And what another system had of somebody.
    let head = "source_id,narrative,state,source_state,response,name,phone,address";
    let table = town.path("lama.csv");
    fs::write(&table, format!("{head}\n{MOVED},{MOVED},closed,{MOVED},{MOVED},{MOVED},{MOVED},{MOVED}\n")).unwrap();
    town.federation.node(PADANG, &["import", &table.display().to_string(), "--source", "lama"]).await.unwrap();
    let redact = Action::Redact(wire::Redact { event: filed.event.clone() });
    says(&mut city, id, redact, REDACT).await.unwrap();
    town.federation.at_rest().await.unwrap();
    vec![filed.tracking, other.tracking]
}

/// Everything that can go wrong, with a marked word in it. What was said to whoever did it.
async fn go_wrong(town: &Town, tracking: &str) -> String {
    let mut said = String::new();
    let mut hand = town.desk(PADANG).await;
    // At the desk: no such complaint, not possible now, too long, an identity where none may be.
    let refused = [
        says(&mut hand, WRONG, Action::Close(wire::Close {}), LATE).await.map(drop),
        says(&mut hand, tracking, Action::Close(wire::Close {}), LATE).await.map(drop),
        says(&mut hand, tracking, Action::Reply(wire::Reply {}), &LATE.repeat(5000)).await.map(drop),
        hand.file(wire::FileRequest {
            visibility: "anonymous".to_owned(),
            reporter: Some(wire::Reporter { name: LATE.to_owned(), ..wire::Reporter::default() }),
            ..complaint(3, 10)
        })
        .await
        .map(drop),
    ];
    let guess = wire::LoginRequest { login: LOGIN.to_owned(), password: GUESS.to_owned(), new_password: String::new() };
    let stranger = wire::LoginRequest { login: GUESS.to_owned(), ..guess.clone() };
    let twice = wire::NewAccount { login: LOGIN.to_owned(), name: GUESS.to_owned(), ..wire::NewAccount::default() };
    let twice =
        wire::NewAccount { role: "admin".to_owned(), unit: PADANG.to_owned(), password: GUESS.to_owned(), ..twice };
    let told = hand.add_accounts(wire::AddAccountsRequest { accounts: vec![twice] }).await.unwrap();
    let told = format!("{:?}", told.mistakes);
    said += &told;
    let mut lent = town.desk(PADANG).await.with(Credentials::As(GUESS.to_owned()));
    let more = [
        hand.login(guess).await.map(drop),
        hand.login(stranger).await.map(drop),
        lent.status(wire::StatusRequest {}).await.map(drop),
    ];
    for refused in refused.into_iter().chain(more) {
        let error = refused.unwrap_err();
        said += &[error.to_string(), format!("{error:?}")].join("\n");
    }
    // On the command line: files that are not what they should be.
    let path = |name: &str, text: &str| {
        let path = town.path(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (broken, text) = (path("reporter.json", &format!("{{\"nama\": \"{WRONG}\"")), path("text", LATE));
    let head = "source_id,narrative,class,state,source_filed_at,unit,about,on_behalf";
    let table = path("salah.csv", &format!("{head}\n{}\n", [WRONG; 8].join(",")));
    for line in [
        vec!["import", &table, "--source", "lama"],
        vec!["import", &broken, "--source", "lama"],
        vec!["import", &table, "--source", "lama", "--mapping", &broken],
        vec!["file", "--category", "jalan-rusak", "--text", "x", "--reporter-file", &broken],
        vec!["reply", "LTS-0000-0000-0000-0", "--file", &text],
        vec!["join", "--token-file", &broken],
        vec!["join", "--bundle", &broken],
    ] {
        said += &town.federation.node(PADANG, &line).await.unwrap_err().to_string();
    }
    said += &town.federation.hub(&["units", "import", &text]).await.unwrap_err().to_string();
    // On the link: messages that are broken, in the name of a node that is enrolled.
    let part = link::Part { index: 0, kind: 1, salt: vec![0; 32], content: FRAME.into(), sealed: Vec::new() };
    let entry = link::Entry { header: FRAME.into(), parts: vec![part], trace: FRAME.into() };
    let seal = link::Signed { body: FRAME.into(), signature: vec![7; 64] };
    let batch = link::Batch { seal: Some(seal), entries: vec![entry] };
    let frames = [
        link::up_frame::Kind::Batch(link::UpBatch { batch: Some(batch), announced: Vec::new() }),
        link::up_frame::Kind::Fault(link::Fault { name: FRAME.to_owned() }),
        link::up_frame::Kind::Hello(link::Hello { federation: FRAME.to_owned(), ..link::Hello::default() }),
    ];
    for frame in frames {
        let channel = hub_as_node(town.federation.port(), PADANG, &town.federation.node_folder(PADANG)).await;
        said += &say_to_hub(channel, frame).await;
    }
    // At the sockets: what is no message at all.
    let garbage = format!("GET /{FRAME} HTTP/1.1\r\nHost: {FRAME}\r\nX: {FRAME}\r\n\r\n{FRAME}");
    for port in [town.federation.port(), town.federation.observed_at("hub").unwrap().port()] {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(garbage.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // It may be closed without an answer.
        let _ = stream.read_to_end(&mut answer).await;
        said += &String::from_utf8_lossy(&answer);
    }
    let socket = SocketPlace::of(&town.federation.node_folder(PADANG)).unwrap().path;
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(garbage.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    said + &String::from_utf8_lossy(&answer)
}

/// What the city's people are shown of complaints.
async fn shown(town: &Town, tracking: &[String]) -> String {
    let mut told = String::new();
    for number in tracking {
        told += &town.federation.ask(PADANG, &["show", number]).await.unwrap().to_string();
    }
    told
}

/// What a process has in its memory, as far as it can be written to; none where the system does not let its parent look.
fn memory(process: u32) -> Option<Vec<u8>> {
    use std::os::unix::fs::FileExt as _;
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).ok()?;
    let file = fs::File::open(format!("/proc/{process}/mem")).ok()?;
    let mut memory = Vec::new();
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let (from, to) = (u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?);
        if !rest.starts_with("rw") {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(to - from).ok()?];
        if file.read_exact_at(&mut bytes, from).is_ok() {
            memory.extend(bytes);
        }
    }
    Some(memory)
}

async fn metrics(town: &Town, name: &str) -> Vec<u8> {
    let text = lintas::telemetry::ask::metrics(town.federation.observed_at(name).unwrap()).await.unwrap();
    assert!(text.contains("lintas_ready 1"), "{text}");
    text.into_bytes()
}

/// What the books hold on their disk, the log of the database among it.
fn books(database: &Path) -> Vec<u8> {
    let log = PathBuf::from(format!("{}-wal", database.display()));
    [fs::read(database).unwrap(), fs::read(log).unwrap_or_default()].concat()
}

/// Lives through everything, wherever the hub keeps its books; a database server's own log is searched too.
async fn is_never_said(town: Town) {
    let (mut town, receiver) = traced(town, &[("LINTAS_LOG", "trace")]).await;
    let tracking = speak(&town).await;
    let refused = go_wrong(&town, &tracking[1]).await;
    // That the hub goes away and comes back is told on both sides.
    town.federation.kill_hub().await.unwrap();
    file(&mut town.desk(PADANG).await, 1, 100).await;
    town.federation.start_hub().unwrap();
    town.federation.at_rest().await.unwrap();
    let mut said = vec![("what was refused".to_owned(), refused.into_bytes())];
    for name in ["hub", PADANG, PROVINCE] {
        said.push((format!("metrics of {name}"), metrics(&town, name).await));
    }
    until("spans and metrics at the receiver", PATIENCE, async || {
        let names = receiver.metrics();
        let enough = receiver.steps().iter().any(|step| step.name == "link.apply") && names.contains("lintas.events");
        enough.then_some(())
    })
    .await
    .unwrap();
    // Whoever may read it finds it, so the search would.
    let told = shown(&town, &tracking).await;
    let written = [REPLY, NOTE, HANDOVER, APPEAL, RATE, ANONYMOUS];
    assert_eq!(found(told.as_bytes(), &written), written, "the search finds nothing even where it is");
    let memory = town.federation.hub_process().and_then(memory);
    let mut kept = vec![
        ("database of the city".to_owned(), books(&town.federation.node_database(PADANG))),
        ("database of the province".to_owned(), books(&town.federation.node_database(PROVINCE))),
    ];
    if town.server.is_none() {
        kept.push(("database of the hub".to_owned(), books(&town.federation.hub_database())));
    }
    town.federation.stop().await.unwrap();
    for name in ["hub", PADANG, PROVINCE] {
        said.push((format!("log of {name}"), fs::read(town.federation.log_file(name)).unwrap()));
    }
    said.push(("receiver".to_owned(), receiver.bytes()));
    if let Some(server) = &town.server {
        let log = fs::read(server.log()).unwrap();
        let statements = String::from_utf8_lossy(&log).contains("INSERT INTO parts");
        assert!(statements, "the server logs no statements");
        said.push(("log of the database server".to_owned(), log));
    }

    // Who works here is no content: the books of an office name its people, never their passwords.
    let words: Vec<&str> = CANARIES.into_iter().filter(|word| ![OFFICER, LOGIN, NIP].contains(word)).collect();
    for (what, bytes) in kept {
        assert!(bytes.len() > 10_000, "{what} holds hardly anything");
        assert_eq!(found(&bytes, &words), Vec::<&str>::new(), "{what} holds content that its key does not lock");
    }
    // What is confidential the hub never had, not even in passing.
    if let Some(memory) = memory {
        assert!(memory.len() > 1_000_000);
        let text = String::from_utf8_lossy(&memory);
        let had: Vec<&str> = CONFIDENTIAL.into_iter().filter(|word| text.contains(word)).collect();
        assert_eq!(had, Vec::<&str>::new(), "the hub's memory holds what is sealed");
    }
    let plain = |number: &String| number.replace('-', "");
    let tracking: Vec<String> = tracking.iter().cloned().chain(tracking.iter().map(plain)).collect();
    let words: Vec<&str> = CANARIES.iter().copied().chain(tracking.iter().map(String::as_str)).collect();
    for (what, text) in said {
        assert!(text.len() > 100, "{what} says hardly anything");
        assert_eq!(found(&text, &words), Vec::<&str>::new(), "{what} tells personal data");
    }
}

#[tokio::test]
async fn personal_data_leave_by_a_log_a_span_a_metric_or_an_error() {
    is_never_said(Town::founded(&[PADANG, PROVINCE]).await).await;
}

/// The server writes every statement and every detail of an error, as an operator might want it for a while.
#[tokio::test]
async fn personal_data_leave_by_the_log_of_the_database_server() {
    let settings = [
        "log_statement=all",
        "log_min_messages=debug1",
        "log_min_error_statement=debug1",
        "log_error_verbosity=verbose",
        "log_parameter_max_length=0",
        "log_parameter_max_length_on_error=0",
    ];
    let server = Server::start(&settings).unwrap();
    is_never_said(Town::founded_on(&[PADANG, PROVINCE], Some(server)).await).await;
}
