//! A desk's reason as bytes: how it travels in the details of a gRPC status.

use prost::Message;

use super::desk::v1::Fault;

impl Fault {
    /// Its bytes.
    #[must_use]
    pub fn to_details(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// Reads a reason; none if there is none in the details.
    #[must_use]
    pub fn from_details(details: &[u8]) -> Option<Self> {
        Self::decode(details).ok().filter(|fault| !fault.code.is_empty())
    }
}
