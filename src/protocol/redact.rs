//! What messages with personal data show of themselves in logs: nothing personal.

use std::fmt;

use super::desk::v1::{ActRequest, FileRequest, ImportItem, ImportRequest, Original, Part, Reporter};

impl fmt::Debug for FileRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRequest").field("unit", &self.unit).field("class", &self.class).finish_non_exhaustive()
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter(personal)")
    }
}

impl fmt::Debug for ImportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRequest").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ImportItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportItem").field("filing", &self.filing).field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").field("source", &self.source).finish_non_exhaustive()
    }
}

impl fmt::Debug for ActRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActRequest")
            .field("complaint", &self.complaint)
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("index", &self.index).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for super::desk::v1::act_request::Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Action")
    }
}

impl fmt::Debug for super::federation::v1::Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("index", &self.index).field("kind", &self.kind).finish_non_exhaustive()
    }
}
