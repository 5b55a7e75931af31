//! Joining tokens: kept as issued, used up once, whatever else happens.

use super::Bench;
use super::sample::{Author, unit};
use crate::domain::event::PublicName;
use crate::domain::{Timestamp, TokenId, Verdict};
use crate::store::{Changes, Scope, Store, StoreError, Token, TokenChange, TokenStanding};

fn token(number: u8) -> Token {
    Token {
        id: TokenId([number; 16]),
        secret: [number; 32],
        node: unit("13.71"),
        name: PublicName::parse("Kota Padang").unwrap(),
        issued: Timestamp(i64::from(number)),
        expires: Timestamp(1000),
        withdrawn: None,
        redeemed: None,
    }
}

async fn change<S: Store>(store: &S, tokens: Vec<TokenChange>) -> Result<(), StoreError> {
    store.transact(Scope::default(), |_| (Changes { tokens, ..Changes::default() }, ())).await
}

fn redeem(number: u8, at: i64) -> TokenChange {
    TokenChange::Redeem { id: TokenId([number; 16]), at: Timestamp(at), keys: [9; 32] }
}

fn withdraw(number: u8, at: i64) -> TokenChange {
    TokenChange::Withdraw { id: TokenId([number; 16]), at: Timestamp(at) }
}

async fn one<S: Store>(store: &S, number: u8) -> Option<Token> {
    let scope = Scope { token: Some(TokenId([number; 16])), ..Scope::default() };
    store.transact(scope, |view| (Changes::default(), view.token.clone())).await.unwrap()
}

pub(super) async fn token_is_redeemed_twice<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    change(&store, vec![TokenChange::Issue(token(1))]).await.unwrap();
    change(&store, vec![redeem(1, 5)]).await.unwrap();
    assert!(matches!(change(&store, vec![redeem(1, 6)]).await, Err(StoreError::Conflict(_))));
    assert!(matches!(change(&store, vec![withdraw(1, 6)]).await, Err(StoreError::Conflict(_))));
    let kept = one(&store, 1).await.unwrap();
    assert_eq!(kept, Token { redeemed: Some((Timestamp(5), [9; 32])), ..token(1) });
    assert_eq!(kept.standing(Timestamp(5000)), TokenStanding::Used);
    // Of several at once, exactly one; what the others' transactions wrote is not there.
    change(&store, vec![TokenChange::Issue(token(2))]).await.unwrap();
    let mut done = 0;
    for at in 5..9 {
        let mut hub = Author::new("hub");
        let entry = hub.tell(None, crate::domain::Change::NodeSuspended { node: unit("13") }, &[]);
        let changes = Changes { tokens: vec![redeem(2, at)], ..hub.batch(vec![entry], Verdict::Applied) };
        done += usize::from(store.transact(Scope::default(), |_| (changes, ())).await.is_ok());
    }
    assert_eq!((done, store.own().await.unwrap().written.seq), (1, 1));
}

pub(super) async fn token_that_is_not_open_is_redeemed<B: Bench>(bench: &B) {
    let store = bench.open("hub").await;
    let issue = [1, 2, 3].map(|number| TokenChange::Issue(token(number)));
    change(&store, issue.into()).await.unwrap();
    for refused in [redeem(1, 1000), redeem(9, 5), withdraw(1, 1000), TokenChange::Issue(token(1))] {
        assert!(matches!(change(&store, vec![refused]).await, Err(StoreError::Conflict(_))));
    }
    change(&store, vec![withdraw(2, 7)]).await.unwrap();
    assert!(matches!(change(&store, vec![redeem(2, 8)]).await, Err(StoreError::Conflict(_))));
    // All or nothing.
    assert!(change(&store, vec![redeem(1, 5), redeem(2, 5)]).await.is_err());
    assert_eq!(one(&store, 1).await, Some(token(1)));
    assert_eq!(one(&store, 2).await, Some(Token { withdrawn: Some(Timestamp(7)), ..token(2) }));
    assert_eq!(one(&store, 4).await, None);
    let listed: Vec<u8> = store.tokens().await.unwrap().iter().map(|token| token.id.0[0]).collect();
    assert_eq!(listed, [1, 2, 3]);
}
