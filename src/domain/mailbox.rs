//! What an e-mail address looks like that mail is sent to. It asks no server.

/// Longest address, in bytes (RFC 5321, 4.5.3.1.3, less its brackets).
pub const MAILBOX_BYTES_MAX: usize = 254;
/// Longest part before the @, in bytes.
const LOCAL_BYTES_MAX: usize = 64;
/// Longest part of a domain between dots, in bytes.
const LABEL_BYTES_MAX: usize = 63;

/// Whether a text is an e-mail address as people have them: letters, digits and a few signs, an @, and a domain of at least two parts.
/// Quoted local parts, comments, literals and letters beyond ASCII are none: they would only be ways to write something else.
#[must_use]
pub fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
    let atoms = local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
    let label = |part: &str| {
        let fits = (1..=LABEL_BYTES_MAX).contains(&part.len());
        let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        fits && plain && !part.starts_with('-') && !part.ends_with('-')
    };
    let named = domain.contains('.') && domain.split('.').all(label);
    // A name, not the numbers of an address.
    let last = domain.rsplit('.').next().unwrap_or_default();
    let top = last.bytes().any(|b| b.is_ascii_alphabetic());
    text.len() <= MAILBOX_BYTES_MAX && local.len() <= LOCAL_BYTES_MAX && atoms && named && top
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_no_address_is_written_to() {
        for fine in ["budi@surel.test", "budi.s+lapor@mail.padang.go.id", "a@b-c.id", "o'neil@x.test"] {
            assert!(is_mailbox(fine), "{fine}");
        }
        let long = format!("{}@surel.test", "a".repeat(65));
        let longer = format!("a@{}.test", ["b"; 125].join("."));
        for wrong in [
            "",
            "@",
            "budi",
            "budi@",
            "@surel.test",
            "budi@surel",
            "budi@@surel.test",
            "budi@surel..test",
            "budi@.test",
            "budi@-surel.test",
            ".budi@surel.test",
            "budi..s@surel.test",
            "budi s@surel.test",
            "\"budi\"@surel.test",
            "budi@[127.0.0.1]",
            "budi@127.0.0.1",
            "budi@surel.test\r\nBcc: x@y.test",
            "budi@surel.test,x@y.test",
            "Budi <budi@surel.test>",
            "büdi@surel.test",
            long.as_str(),
            longer.as_str(),
        ] {
            assert!(!is_mailbox(wrong), "{wrong}");
        }
    }
}
