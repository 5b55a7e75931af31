//! A reporter is told by mail of an answer that was given at another node.

use std::fs;

use lintas::protocol::desk::v1 as wire;
use lintas::protocol::desk::v1::act_request::Action;
use lintas_tests::federation::PATIENCE;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::town::{PADANG, PROVINCE, Town, act, complaint, transfer};

/// Takes one mail.
async fn mail(server: &TcpListener) -> String {
    let (stream, _) = server.accept().await.unwrap();
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 mail.test\r\n").await.unwrap();
    let (mut heard, mut content) = (String::new(), false);
    while let Some(line) = lines.next_line().await.unwrap() {
        heard.push_str(&line);
        heard.push('\n');
        content = (content || line == "DATA") && line != ".";
        let reply: &[u8] = match line.as_str() {
            "DATA" => b"354 go on\r\n",
            "QUIT" => b"221 bye\r\n",
            _ if content => continue,
            _ => b"250 fine\r\n",
        };
        if write.write_all(reply).await.is_err() || line == "QUIT" {
            break;
        }
    }
    heard
}

#[tokio::test]
async fn answer_at_another_node_does_not_reach_the_reporter() {
    let mut town = Town::founded(&[PADANG, PROVINCE]).await;
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = town.federation.node_folder(PADANG).join("node.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let port = server.local_addr().unwrap().port();
    let text = text
        .replace("smtp.host = \"\"", "smtp.host = \"127.0.0.1\"")
        .replace("smtp.port = 587", &format!("smtp.port = {port}"))
        .replace("smtp.tls = \"starttls\"", "smtp.tls = \"none\"")
        .replace("smtp.from = \"\"", "smtp.from = \"lapor@padang.test\"");
    assert!(text.contains(&format!("smtp.port = {port}")), "{text}");
    fs::write(&settings, text).unwrap();
    town.federation.start().await.unwrap();
    let next = async || timeout(PATIENCE, mail(&server)).await.unwrap();

    let mut city = town.desk(PADANG).await;
    let email = "budi@surel.test".to_owned();
    let reporter = wire::Reporter { name: "Budi".to_owned(), email, ..wire::Reporter::default() };
    let filing = wire::FileRequest { reporter: Some(reporter), ..complaint(1, 100) };
    let filed = city.file(filing).await.unwrap();
    let first = next().await;
    assert!(first.contains("RCPT TO:<budi@surel.test>") && first.contains(&filed.tracking), "{first}");

    act(&mut city, &filed.complaint, transfer(PROVINCE)).await;
    let moved = next().await;
    assert!(moved.contains("dilimpahkan"), "{moved}");
    town.federation.at_rest().await.unwrap();
    let mut province = town.desk(PROVINCE).await;
    act(&mut province, &filed.complaint, Action::Accept(wire::Accept {})).await;
    let text = "Sudah ditambal kemarin.".to_owned();
    let request = wire::ActRequest {
        complaint: filed.complaint.clone(),
        text,
        action: Some(Action::Respond(wire::Respond {})),
        ..wire::ActRequest::default()
    };
    province.act(request).await.unwrap();
    let answer = next().await;
    assert!(answer.contains("Sudah ditambal kemarin.") && answer.contains(&filed.tracking), "{answer}");
    let listed = town.federation.node(PADANG, &["notices", "--json"]).await.unwrap();
    assert!(!listed.contains("surel") && listed.matches("\"reporter\"").count() == 3, "{listed}");
    let letter = town.federation.node(PADANG, &["letter", &filed.tracking]).await.unwrap();
    assert!(letter.contains("Sudah ditambal kemarin."), "{letter}");
    town.ends_in_order().await;
}
