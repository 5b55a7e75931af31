//! The types that `build.rs` generates from `proto/`, alone in this file. Nothing here is written by hand.
#![expect(missing_docs, reason = "generated; the schemas in proto/ are documented")]
#![expect(clippy::pedantic, clippy::as_conversions, reason = "generated")]
#![expect(clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated")]

/// `proto/lintas/desk/v1/`.
pub mod desk {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/lintas.desk.v1.rs"));
    }
}

/// `proto/lintas/federation/v1/`.
pub mod federation {
    /// Version 1.
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/lintas.federation.v1.rs"));
    }
}
