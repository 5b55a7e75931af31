//! Identity: keys, certificates, and the mutually authenticated TLS link between hub and nodes. rustls is used here
//! alone. It says who is at the other end of a link; whether an event may be believed is the journal's and domain's.

pub mod accept;
pub mod admission;
pub mod authority;
pub mod certificate;
pub mod connect;
pub mod enrolment;
pub mod files;
pub mod host_port;
pub mod issuing;
pub mod keys;
pub mod kit;
pub mod passphrase;
mod proxy;
pub mod public;
pub mod refusal;
pub mod reload;
pub mod renewal;
pub mod request;
pub mod rotation;
pub mod secrets;
mod socket;
pub mod spiffe;
pub mod tls;
pub mod token;
mod verify;

#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod testing;

pub use accept::{AcceptLimits, Acceptor, Authenticated, Ended, Stranger};
pub use admission::{ConnectionPermit, StrangerPermit};
pub use authority::{Authority, AuthorityError, IssuedCertificate, certifier};
pub use certificate::{PeerCertificate, leaf_of};
pub use connect::{ConnectError, ConnectLimits, Dialer, refused_by_hub};
pub use enrolment::{EnrolmentError, EnrolmentRequest, JoiningBundle};
pub use files::FileError;
pub use host_port::HostPort;
pub use keys::{KeyError, TlsKey, create_signing_secret, load_signing_secret};
pub use public::PublicTls;
pub use refusal::{Refusal, Refusals};
pub use reload::Reloadable;
pub use request::{RequestError, RequestedKey, make_request};
pub use secrets::{
    SecretsError, add_secret_key, create_secret_key, create_secret_key_like, is_protected, load_secret_keys,
    protect_keys, read_plain, unprotect_keys,
};
pub use spiffe::SpiffeId;
pub use tls::{ClientStream, ClientTls, PeerPolicy, ServerStream, ServerTls, TlsError, TlsFiles, TlsIdentity};
pub use token::{JoiningToken, TokenError};
