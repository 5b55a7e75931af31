//! Stored content under the present storage key: all of it, step by step, so that an older key can be thrown away.

use crate::runtime::Progress;
use crate::store::{Store, StoreError};

/// Parts that are looked at in one transaction.
const AT_ONCE: usize = 500;

/// Locks everything stored with the vault's present key. Returns how many parts were not. Interrupted, it can be run again. No other
/// program may write to the store meanwhile.
///
/// # Errors
/// If storage failed, or the key of something is not here.
pub async fn rewrap<S: Store>(store: &S, progress: &Progress) -> Result<u64, StoreError> {
    let step = progress.step("progress.rewrap", None);
    let (mut after, mut changed) = ((0, -1), 0_u64);
    while let Some(done) = store.rewrap(after, AT_ONCE).await? {
        after = done.at;
        changed = changed.saturating_add(done.changed);
        step.advance(1);
    }
    Ok(changed)
}
