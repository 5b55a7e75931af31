//! Complaints as a table or as JSON lines: all that fit a filter, in the order of their filing, one row each. It reads in pages
//! and holds one complaint at a time. Who reporters are, and what is confidential, only where it is asked for.

mod place;
mod record;
#[cfg(test)]
mod tests;
mod write;

use std::io;

use thiserror::Error;

use super::opening::Opener;
use crate::domain::Registry;
use crate::runtime::Progress;
use crate::store::{ListFilter, Store, StoreError};

pub use place::{Place, PlaceError};
pub use record::{Column, Record, Shown};
pub(in crate::desk) use write::guarded;
pub use write::{Format, Writer};

/// Complaints that are read at a time.
const PAGE: usize = 200;

/// Why an export came to nothing.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("{0}")]
    Write(#[from] io::Error),
}

impl ExportError {
    /// Whether whoever read the output has gone away.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Write(cause) if cause.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// What was exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Exported {
    /// Complaints.
    pub complaints: u64,
    /// Those among them whose texts were left out, since they are confidential.
    pub withheld: u64,
}

/// Exports every complaint of a store that fits the filter, whose limit counts for nothing. What is filed meanwhile may or may
/// not be among them. What is sealed is shown as far as `opener` opens it. `progress` is told how far it is.
///
/// # Errors
/// If storage failed, or the output cannot be written.
pub async fn export<S: Store, W: io::Write + Send>(
    store: &S,
    registry: &Registry,
    filter: ListFilter,
    shown: Shown,
    opener: &Opener,
    writer: &mut Writer<W>,
    progress: &Progress,
) -> Result<Exported, ExportError> {
    let all = filter == ListFilter { limit: filter.limit, ..ListFilter::default() };
    let total = if all { Some(store.counts().await?.complaints) } else { None };
    let step = progress.step("progress.export", total);
    let mut exported = Exported::default();
    let mut after = None;
    loop {
        let page = store.filed(ListFilter { limit: PAGE, ..filter.clone() }, after).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.filed_at, last.id));
        let whole = page.len() == PAGE;
        for summary in page {
            let Some(file) = store.file(summary.id).await? else { continue };
            let file = opener.open(file);
            let Some(record) = Record::of(&file, registry, shown) else { continue };
            exported.complaints = exported.complaints.saturating_add(1);
            exported.withheld = exported.withheld.saturating_add(u64::from(record.is_withheld()));
            writer.write(&record)?;
            step.advance(1);
        }
        if !whole {
            break;
        }
    }
    writer.finish()?;
    Ok(exported)
}
