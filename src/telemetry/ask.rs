//! Asking a running process on this machine for its metrics, as a command does that shows how it stands. It sends nothing else.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the answer may take.
const LIMIT: Duration = Duration::from_secs(2);
/// Longest answer that is read, in bytes.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The metrics of the process that answers there; none if none does.
pub async fn metrics(address: SocketAddr) -> Option<String> {
    let (code, body) = get(address, "/metrics").await?;
    (code == "200").then_some(body)
}

/// Whether the process that answers there can do its work, or why not; none if none answers.
pub async fn ready(address: SocketAddr) -> Option<Result<(), String>> {
    let (code, body) = get(address, "/ready").await?;
    match code.as_str() {
        "200" => Some(Ok(())),
        "503" => Some(Err(body.lines().next().unwrap_or_default().to_owned())),
        _ => None,
    }
}

/// Status code and body of an answer.
async fn get(address: SocketAddr, path: &str) -> Option<(String, String)> {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        stream.take(BYTES_MAX).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer = timeout(LIMIT, ask).await.ok()?.ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.to_owned(), body.to_owned()))
}

/// The values of a metric by one of its labels, in the order of the text; those that are zero left out.
#[must_use]
pub fn by_label(text: &str, metric: &str, label: &str) -> Vec<(String, u64)> {
    let series = text.lines().filter_map(|line| {
        let (labels, value) = line.strip_prefix(metric)?.strip_prefix('{')?.rsplit_once("} ")?;
        let start = format!("{label}=\"");
        let said = labels.split(',').find_map(|one| one.strip_prefix(&start)?.strip_suffix('"'))?;
        Some((said.to_owned(), value.parse().ok()?))
    });
    series.filter(|(_, value)| *value > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_another_metric_is_shown() {
        let text = "# HELP a_total x\na_total{reason=\"expired\"} 3\na_total{kind=\"x\",reason=\"other\"} 4\n\
                    a_total{reason=\"none\"} 0\na_total_more{reason=\"not\"} 5\nb{reason=\"not\"} 6\na_total 7\n";
        assert_eq!(by_label(text, "a_total", "reason"), [("expired".to_owned(), 3), ("other".to_owned(), 4)]);
    }

    #[tokio::test]
    async fn nobody_answers_and_the_command_waits() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert_eq!((metrics(address).await, ready(address).await), (None, None));
    }
}
