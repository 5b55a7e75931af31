//! A backup as a file: a tar archive of named members, the first a manifest with the size and SHA-256 of each, the last the
//! SHA-256 of all before it. It keeps bytes and finds changed ones; what the members mean is not its business.
//!
//! Every byte of the file follows from its members: a file that differs in one is refused, be it content, header or padding. The
//! last 2048 bytes are the same in every version of the format, so that damage is told from news.

mod manifest;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use manifest::{FORMAT, Listed, Manifest, Member};
pub use read::{check, extract, extract_small};
pub use write::{Content, Draft, sweep, write};

use sha2::digest::Output;
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

/// The first member: what is in the file.
const MANIFEST: &str = "manifest.json";
/// The last member: the SHA-256 of everything before it, in hexadecimal.
const SEAL: &str = "sha256";
/// A tar archive is made of blocks of so many bytes.
const BLOCK: usize = 512;
/// Bytes of the last member and of the end that follows it: a header, a block, two empty blocks.
const TAIL: usize = 4 * BLOCK;
/// Longest manifest, in bytes.
const MANIFEST_BYTES_MAX: u64 = 64 * 1024;
/// Bytes that are read and written at a time.
const CHUNK: usize = 256 * 1024;

/// A member's header: nothing in it but name, size, and the time of the whole.
fn header(name: &str, bytes: u64, time: u64) -> std::io::Result<Header> {
    let mut header = Header::new_gnu();
    header.set_path(name)?;
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(time);
    header.set_entry_type(EntryType::Regular);
    header.set_cksum();
    Ok(header)
}

/// Bytes that fill up the last block of a member.
fn padding(bytes: u64) -> &'static [u8] {
    static EMPTY: [u8; BLOCK] = [0; BLOCK];
    let block = u64::try_from(BLOCK).unwrap_or(u64::MAX);
    let over = bytes.checked_rem(block).unwrap_or(0);
    let fill = if over == 0 { 0 } else { block.saturating_sub(over) };
    usize::try_from(fill).ok().and_then(|fill| EMPTY.get(..fill)).unwrap_or_default()
}

/// The end of a file whose other bytes have this SHA-256.
fn tail(whole: &Output<Sha256>) -> std::io::Result<Vec<u8>> {
    let content = format!("{}\n", hex(whole));
    let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
    let mut tail = header(SEAL, bytes, 0)?.as_bytes().to_vec();
    tail.extend_from_slice(content.as_bytes());
    tail.resize(TAIL, 0);
    Ok(tail)
}

fn hex(hash: &Output<Sha256>) -> String {
    data_encoding::HEXLOWER.encode(hash)
}

/// The SHA-256 of bytes, in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
