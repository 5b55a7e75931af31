//! When a certificate is renewed, and its files. Pure but for the two files that it writes.

use std::path::Path;

use super::authority::certifier_of;
use super::files::{self, FileError};
use super::tls::TlsFiles;
use crate::domain::Timestamp;

/// After which share of its life a certificate is renewed, in thousandths: two thirds.
const RENEWAL_THOUSANDTHS: i64 = 667;
/// Spread of that moment, either way, in thousandths of the life, so that nodes that joined together do not come together again.
const SPREAD_THOUSANDTHS: i64 = 100;

/// When a certificate of this life is renewed. `random` spreads the moments.
#[must_use]
pub fn renewal_due(not_before: Timestamp, not_after: Timestamp, random: [u8; 4]) -> Timestamp {
    let life = not_after.0.saturating_sub(not_before.0).max(0);
    let thousandth = life.checked_div(1000).unwrap_or(0);
    let share = i64::from(u32::from_be_bytes(random));
    // From 0 to 2 × spread, evenly.
    let jitter = share.saturating_mul(2 * SPREAD_THOUSANDTHS + 1).checked_shr(32).unwrap_or(0);
    let after = RENEWAL_THOUSANDTHS.saturating_sub(SPREAD_THOUSANDTHS).saturating_add(jitter);
    Timestamp(not_before.0.saturating_add(thousandth.saturating_mul(after)))
}

/// Puts a new certificate, and the authorities that the hub trusts, in the place of the old ones. Each is replaced in one step; the
/// authorities first, since they vouch for the old certificate as well.
///
/// # Errors
/// If they do not belong together or a file cannot be written; then the old certificate is still there.
pub fn write_renewed(files: &TlsFiles, certificate_pem: &str, authority_pem: &str) -> Result<(), RenewalError> {
    if certifier_of(certificate_pem, authority_pem).is_none() {
        return Err(RenewalError::Strange);
    }
    write_if_other(&files.authority, authority_pem)?;
    write_if_other(&files.certificate, certificate_pem)?;
    Ok(())
}

fn write_if_other(path: &Path, text: &str) -> Result<(), FileError> {
    let same = files::read_public(path).is_ok_and(|there| there == text.as_bytes());
    if same { Ok(()) } else { files::write_public(path, text.as_bytes()) }
}

/// Why a new certificate was not put in its place.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// None of the authorities has issued it.
    #[error("the hub's new certificate is from none of the authorities that it trusts: tell its operator")]
    Strange,
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000_000;

    #[test]
    fn certificate_is_renewed_too_late_or_all_at_once() {
        let due = |random: [u8; 4]| renewal_due(Timestamp(0), Timestamp(7 * DAY), random).0;
        let (first, middle, last) = (due([0; 4]), due([0x80, 0, 0, 0]), due([0xff; 4]));
        assert!(first < middle && middle < last);
        assert!(first > 7 * DAY / 2 && last < 7 * DAY * 4 / 5, "{first} {last}");
        assert!((middle - 7 * DAY * 2 / 3).abs() < DAY / 50, "{middle}");
    }

    #[test]
    fn certificate_without_a_life_breaks_the_sum() {
        assert_eq!(renewal_due(Timestamp(5), Timestamp(5), [0xff; 4]), Timestamp(5));
        assert_eq!(renewal_due(Timestamp(5), Timestamp(1), [7; 4]), Timestamp(5));
        let _ = renewal_due(Timestamp(i64::MIN), Timestamp(i64::MAX), [0xff; 4]);
    }
}
