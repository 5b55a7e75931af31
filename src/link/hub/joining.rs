//! Who may join with a token, and who gets a new certificate: decided in the transaction that writes it. How keys were proven
//! is the transport's; certificates are issued elsewhere.

use zeroize::Zeroizing;

use crate::domain::event::PublicName;
use crate::domain::registry::NodeEntry;
use crate::domain::{Change, NodeId, Position, Registry, Timestamp, TokenId, UnitCode};
use crate::journal::joining::{NodeKeys, token_secret};
use crate::store::{Changes, Scope, Store, StoreError, Token, TokenChange, TokenStanding, View};

use super::author::HubKey;
use super::registrar;

/// How long after its end a certificate still helps its node to a new one, in seconds: 30 days.
pub const LATE_RENEWAL_SECONDS: i64 = 30 * 24 * 3600;

/// Why a node is not let in, or gets no certificate.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum JoinRefusal {
    /// There is no such token, or its secret is another.
    Unknown,
    /// It was not used in time.
    Expired,
    /// A node has joined with it.
    Used,
    /// An operator took it back.
    Withdrawn,
    /// It is for another node.
    OtherNode,
    /// One of the three keys is registered already.
    KeyRegistered,
    /// The unit is no longer listed.
    Unlisted,
    /// What was shown proves nothing.
    Proof,
    /// There is no such node, or it was revoked or suspended.
    NotEnrolled,
    /// Its certificate ended too long ago.
    TooLate,
    /// The hub issues no certificates.
    NoAuthority,
    /// Too many tries.
    TooMany,
    /// The hub cannot answer now.
    Unavailable,
}

impl JoinRefusal {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Unknown,
        Self::Expired,
        Self::Used,
        Self::Withdrawn,
        Self::OtherNode,
        Self::KeyRegistered,
        Self::Unlisted,
        Self::Proof,
        Self::NotEnrolled,
        Self::TooLate,
        Self::NoAuthority,
        Self::TooMany,
        Self::Unavailable,
    ];

    /// A stable code for the wire, metrics and texts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Expired => "expired",
            Self::Used => "used",
            Self::Withdrawn => "withdrawn",
            Self::OtherNode => "other-node",
            Self::KeyRegistered => "key-registered",
            Self::Unlisted => "unlisted",
            Self::Proof => "proof",
            Self::NotEnrolled => "not-enrolled",
            Self::TooLate => "too-late",
            Self::NoAuthority => "no-authority",
            Self::TooMany => "too-many",
            Self::Unavailable => "unavailable",
        }
    }

    /// The refusal of that code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }
}

/// What a node shows when it joins; that it holds the three keys was found before.
#[derive(Debug)]
pub struct Joining {
    /// The token's name.
    pub token: TokenId,
    /// Its secret.
    pub secret: Zeroizing<[u8; 32]>,
    /// The unit that it is for.
    pub node: UnitCode,
    /// The node's keys.
    pub keys: NodeKeys,
}

/// A node that was let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admitted {
    /// Its public name.
    pub name: PublicName,
    /// The newest position of the registry.
    pub registry: Position,
    /// Whether the registry did not know it with these keys before.
    pub news: bool,
}

/// Issues tokens, all or none.
///
/// # Errors
/// If storage failed.
pub async fn issue<S: Store>(store: &S, tokens: Vec<Token>) -> Result<(), StoreError> {
    let tokens = tokens.into_iter().map(TokenChange::Issue).collect();
    store.transact(Scope::default(), |_| (Changes { tokens, ..Changes::default() }, ())).await
}

/// Takes a token back. Gives it as it was, or none if there is none of that name.
///
/// # Errors
/// If storage failed.
pub async fn withdraw<S: Store>(store: &S, id: TokenId, now: Timestamp) -> Result<Option<Token>, StoreError> {
    let scope = Scope { token: Some(id), ..Scope::default() };
    let plan = |view: &View| {
        let open = view.token.as_ref().is_some_and(|token| token.standing(now) == TokenStanding::Open);
        let tokens = if open { vec![TokenChange::Withdraw { id, at: now }] } else { Vec::new() };
        (Changes { tokens, ..Changes::default() }, view.token.clone())
    };
    store.transact(scope, plan).await
}

/// Lets a node in: uses the token up and enrols the node, in one transaction. The same node with the same keys is let in again
/// with a token that it has used, so that a joining which broke off can be repeated.
///
/// # Errors
/// If storage failed.
pub async fn join<S: Store>(
    store: &S,
    signer: &HubKey,
    joining: &Joining,
    now: Timestamp,
) -> Result<Result<Admitted, JoinRefusal>, StoreError> {
    let peer = Some(NodeId::Node(joining.node.clone()));
    let scope = Scope { registry_after: Some(Position::ZERO), peer, token: Some(joining.token), ..Scope::default() };
    store.transact(scope, |view| plan(view, signer, joining, now)).await
}

fn plan(view: &View, signer: &HubKey, joining: &Joining, now: Timestamp) -> (Changes, Result<Admitted, JoinRefusal>) {
    let mut registry = Registry::default();
    view.registry.iter().for_each(|event| registry.apply(event));
    let token = match examine(view.token.as_ref(), &registry, joining, now) {
        Ok(token) => token,
        Err(refusal) => return (Changes::default(), Err(refusal)),
    };
    let name = token.name.clone();
    if token.redeemed.is_some() {
        return (Changes::default(), Ok(Admitted { name, registry: registry.position(), news: false }));
    }
    let redeem = TokenChange::Redeem { id: joining.token, at: now, keys: joining.keys.hash() };
    if registry.node(&NodeId::Node(joining.node.clone())).is_some_and(|entry| is_same(entry, &joining.keys)) {
        let changes = Changes { tokens: vec![redeem], ..Changes::default() };
        return (changes, Ok(Admitted { name, registry: registry.position(), news: false }));
    }
    let after = view.peer.as_ref().map_or(Position::ZERO, |peer| peer.stored.position);
    let NodeKeys { tls, signing, sealing } = joining.keys;
    let change = Change::NodeEnrolled {
        node: joining.node.clone(),
        name: name.clone(),
        signing_key: signing,
        tls_key: tls,
        sealing_key: sealing,
        after,
    };
    let (mut changes, _) = registrar::plan(view, signer, vec![change], now);
    changes.tokens.push(redeem);
    let registry = changes.entries.last().map_or(registry.position(), |entry| entry.position);
    (changes, Ok(Admitted { name, registry, news: true }))
}

/// The token, if this node may join with it now.
fn examine<'a>(
    token: Option<&'a Token>,
    registry: &Registry,
    joining: &Joining,
    now: Timestamp,
) -> Result<&'a Token, JoinRefusal> {
    // The secret first: whoever does not know it learns nothing of the token. Hashes are compared, so that the time it takes
    // tells nothing of the secret.
    let shown = token_secret(&joining.secret);
    let token = token.filter(|token| token.secret == shown).ok_or(JoinRefusal::Unknown)?;
    if token.node != joining.node {
        return Err(JoinRefusal::OtherNode);
    }
    let own = NodeId::Node(joining.node.clone());
    let entry = registry.node(&own).filter(|entry| entry.revoked.is_none());
    match token.standing(now) {
        TokenStanding::Open => {}
        TokenStanding::Expired => return Err(JoinRefusal::Expired),
        TokenStanding::Withdrawn => return Err(JoinRefusal::Withdrawn),
        TokenStanding::Used => {
            let same = token.redeemed.is_some_and(|(_, keys)| keys == joining.keys.hash())
                && entry.is_some_and(|entry| is_same(entry, &joining.keys))
                && now < token.expires;
            return if same { Ok(token) } else { Err(JoinRefusal::Used) };
        }
    }
    if registry.unit(&joining.node).is_none_or(|unit| unit.closed) {
        return Err(JoinRefusal::Unlisted);
    }
    let comes_back = entry.is_some_and(|entry| is_same(entry, &joining.keys));
    if !comes_back && registry.nodes().any(|(_, entry)| has_any(entry, &joining.keys)) {
        return Err(JoinRefusal::KeyRegistered);
    }
    Ok(token)
}

/// Whether a node is registered with exactly these keys now.
fn is_same(entry: &NodeEntry, keys: &NodeKeys) -> bool {
    entry.revoked.is_none()
        && entry.tls_key == keys.tls
        && entry.signing_key() == Some(keys.signing)
        && entry.sealing_key == keys.sealing
}

/// Whether a node has, or has had, one of these keys.
fn has_any(entry: &NodeEntry, keys: &NodeKeys) -> bool {
    entry.tls_key == keys.tls
        || entry.sealing_key == keys.sealing
        || entry.signing_keys.iter().any(|span| span.key == keys.signing)
}

/// Notes which TLS key a node has from now on, if it is another one. Gives the node's entry as it was.
///
/// # Errors
/// If storage failed.
pub async fn certify<S: Store>(
    store: &S,
    signer: &HubKey,
    node: &UnitCode,
    tls_key: [u8; 32],
    now: Timestamp,
) -> Result<Result<(), JoinRefusal>, StoreError> {
    let scope = Scope { registry_after: Some(Position::ZERO), ..Scope::default() };
    let plan = |view: &View| {
        let mut registry = Registry::default();
        view.registry.iter().for_each(|event| registry.apply(event));
        let own = NodeId::Node(node.clone());
        let entry = registry.node(&own).filter(|entry| entry.revoked.is_none() && !entry.suspended);
        let Some(entry) = entry else { return (Changes::default(), Err(JoinRefusal::NotEnrolled)) };
        if entry.tls_key == tls_key {
            return (Changes::default(), Ok(()));
        }
        if registry.nodes().any(|(_, other)| other.tls_key == tls_key) {
            return (Changes::default(), Err(JoinRefusal::KeyRegistered));
        }
        let change = Change::NodeCertified { node: node.clone(), tls_key };
        (registrar::plan(view, signer, vec![change], now).0, Ok(()))
    };
    store.transact(scope, plan).await
}
