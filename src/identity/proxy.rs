//! The way through an HTTP proxy: `CONNECT` (RFC 9110 §9.3.6), without authentication. What goes through the tunnel is
//! not its matter.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::host_port::HostPort;

/// Longest answer of a proxy, headers included, in bytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024;
const STATUS_CHARS_MAX: usize = 80;

/// Asks a proxy for a tunnel to `hub` and reads no byte beyond its answer.
///
/// # Errors
/// What the proxy said instead of yes, in one line.
pub(super) async fn tunnel(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), hub: &HostPort) -> Result<(), String> {
    let ask = format!("CONNECT {hub} HTTP/1.1\r\nHost: {hub}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.map_err(|fault| fault.to_string())?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= ANSWER_BYTES_MAX {
            return Err("its answer is too long".to_owned());
        }
        // One at a time: the byte after the answer belongs to the hub.
        answer.push(stream.read_u8().await.map_err(|_| "it hung up".to_owned())?);
    }
    let status = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let status = String::from_utf8_lossy(status);
    let mut words = status.split(' ');
    let is_http = words.next().is_some_and(|word| word.starts_with("HTTP/1."));
    let is_yes = words.next().is_some_and(|code| code.len() == 3 && code.starts_with('2'));
    if is_http && is_yes {
        return Ok(());
    }
    Err(format!("it answered {:?}", status.chars().take(STATUS_CHARS_MAX).collect::<String>()))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    async fn answered(answer: &[u8]) -> (Result<(), String>, Vec<u8>) {
        let (mut here, mut there) = duplex(32 * 1024);
        there.write_all(answer).await.unwrap();
        there.shutdown().await.unwrap();
        let result = tunnel(&mut here, &HostPort::parse("hub.example:7443").unwrap()).await;
        let mut rest = Vec::new();
        here.read_to_end(&mut rest).await.unwrap();
        drop(here);
        let mut asked = String::new();
        there.read_to_string(&mut asked).await.unwrap();
        assert_eq!(asked, "CONNECT hub.example:7443 HTTP/1.1\r\nHost: hub.example:7443\r\n\r\n");
        (result, rest)
    }

    #[tokio::test]
    async fn proxy_eats_the_first_byte_of_the_hub() {
        let (result, rest) = answered(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n\x16hello").await;
        assert_eq!((result, &rest[..]), (Ok(()), &b"\x16hello"[..]));
    }

    #[tokio::test]
    async fn refusing_or_broken_proxy_is_followed() {
        for (answer, said) in [
            (&b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"[..], "407"),
            (b"HTTP/1.1 200", "hung up"),
            (b"SSH-2.0-x\r\n\r\n", "SSH"),
            (b"\r\n\r\n", "answered"),
        ] {
            let why = answered(answer).await.0.unwrap_err();
            assert!(why.contains(said), "{why}");
        }
        let endless = answered(&vec![b'x'; 20_000]).await.0.unwrap_err();
        assert!(endless.contains("too long"), "{endless}");
    }
}
