//! Accounts, sessions and requests.

use futures_util::future::join_all;

use super::Bench;
use super::sample::{account, unit};
use crate::domain::{AccountRole, Pseudonym, Timestamp};
use crate::store::people::{People, PeopleChanges, PeopleScope, Request, Session, Somebody};
use crate::store::{Store, StoreError};

fn everything() -> PeopleScope {
    PeopleScope { everybody: true, requests: true, ..PeopleScope::default() }
}

async fn put<S: Store>(store: &S, changes: PeopleChanges) -> Result<(), StoreError> {
    store.people(PeopleScope::default(), |_| (changes, ())).await
}

fn session(token: u8, of: u8, expires: i64) -> Session {
    Session { token: [token; 32], account: Pseudonym([of; 16]), created: Timestamp(1), expires: Timestamp(expires) }
}

fn request(id: u8) -> Request {
    let somebody = |by: &str| Somebody { by: by.to_owned(), is: format!("\n{by}") };
    Request {
        id: [id; 8],
        kind: "revoke".to_owned(),
        subject: vec![0, 1, 255],
        asker: somebody("account:aa"),
        asked: Timestamp(i64::from(id)),
        expires: Timestamp(99),
        approver: None,
        used: None,
    }
}

pub(super) async fn people_come_back_otherwise<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let mut one = account(1, "budi");
    let other = account(2, "ani");
    let changes = PeopleChanges {
        accounts: vec![one.clone(), other.clone()],
        sessions: vec![session(7, 1, 50)],
        requests: vec![request(2), request(1)],
        ..PeopleChanges::default()
    };
    put(&store, changes).await.unwrap();
    let read = store.look_at_people(everything()).await.unwrap();
    let written = People {
        accounts: vec![other.clone(), one.clone()],
        sessions: Vec::new(),
        requests: vec![request(1), request(2)],
    };
    assert_eq!(read, written);
    one.role = AccountRole::Auditor;
    one.unit = unit("13.71.dlh");
    (one.failures, one.failed, one.closed) = (3, Some(Timestamp(-5)), Some(Timestamp(9)));
    one.one_time = false;
    let approved = Request {
        approver: Some(Somebody { by: "uid:0".to_owned(), is: "\nuid:0".to_owned() }),
        used: Some(Timestamp(4)),
        ..request(1)
    };
    let changes = PeopleChanges {
        accounts: vec![one.clone()],
        requests: vec![approved.clone()],
        forgotten: vec![[2; 8]],
        ..PeopleChanges::default()
    };
    put(&store, changes).await.unwrap();
    let read = store.people(everything(), |people| (PeopleChanges::default(), people.clone())).await.unwrap();
    assert_eq!(read, People { accounts: vec![other, one], sessions: Vec::new(), requests: vec![approved] });
}

pub(super) async fn scope_reads_others<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let (one, other) = (account(1, "budi"), account(2, "ani"));
    let changes = PeopleChanges {
        accounts: vec![one.clone(), other.clone()],
        sessions: vec![session(7, 1, 50), session(8, 1, 60), session(9, 2, 50)],
        requests: vec![request(1)],
        ..PeopleChanges::default()
    };
    put(&store, changes).await.unwrap();
    let look = async |scope: PeopleScope| store.look_at_people(scope).await.unwrap();
    let nothing = Vec::new;
    let of_login = look(PeopleScope::login("budi")).await;
    assert_eq!((of_login.accounts, of_login.requests), (vec![one.clone()], nothing()));
    assert_eq!(of_login.sessions, [session(7, 1, 50), session(8, 1, 60)]);
    let of_session = look(PeopleScope::session([9; 32])).await;
    assert_eq!((of_session.accounts, of_session.sessions), (vec![other], vec![session(9, 2, 50)]));
    assert_eq!(look(PeopleScope::session([1; 32])).await, People::default());
    assert_eq!(look(PeopleScope::login("BUDI")).await, People::default());
    assert_eq!(look(PeopleScope::default()).await, People::default());
    let both = PeopleScope { everybody: true, session: Some([7; 32]), ..PeopleScope::login("budi") };
    assert_eq!(look(both).await.accounts.len(), 2);
}

pub(super) async fn login_is_given_twice<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    put(&store, PeopleChanges { accounts: vec![account(1, "budi")], ..PeopleChanges::default() }).await.unwrap();
    let before = store.look_at_people(everything()).await.unwrap();
    let twice = PeopleChanges { accounts: vec![account(2, "ani"), account(3, "budi")], ..PeopleChanges::default() };
    assert!(matches!(put(&store, twice).await, Err(StoreError::Conflict(_))));
    let nobodys = PeopleChanges { sessions: vec![session(1, 9, 5)], ..PeopleChanges::default() };
    assert!(matches!(put(&store, nobodys).await, Err(StoreError::Conflict(_))));
    let again = PeopleChanges { sessions: vec![session(1, 1, 5), session(1, 1, 6)], ..PeopleChanges::default() };
    assert!(matches!(put(&store, again).await, Err(StoreError::Conflict(_))));
    assert_eq!(store.look_at_people(everything()).await.unwrap(), before);
}

pub(super) async fn session_that_ended_lives<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    let changes = PeopleChanges {
        accounts: vec![account(1, "budi"), account(2, "ani")],
        sessions: vec![session(1, 1, 50), session(2, 1, 60), session(3, 2, 50), session(4, 2, 70), session(5, 2, 71)],
        ..PeopleChanges::default()
    };
    put(&store, changes).await.unwrap();
    let lives = async || {
        let logins = ["budi", "ani"].map(str::to_owned).into();
        let people = store.look_at_people(PeopleScope { logins, ..PeopleScope::default() }).await.unwrap();
        people.sessions.into_iter().map(|session| session.token[0]).collect::<Vec<_>>()
    };
    let ended = PeopleChanges { ended: vec![[5; 32], [99; 32]], ..PeopleChanges::default() };
    put(&store, ended).await.unwrap();
    assert_eq!(lives().await, [1, 2, 3, 4]);
    put(&store, PeopleChanges { expired: Some(Timestamp(50)), ..PeopleChanges::default() }).await.unwrap();
    assert_eq!(lives().await, [2, 4]);
    let changes = PeopleChanges {
        ended_of: vec![Pseudonym([1; 16])],
        sessions: vec![session(6, 1, 90)],
        ..PeopleChanges::default()
    };
    put(&store, changes).await.unwrap();
    assert_eq!(lives().await, [4, 6], "those that begin in the same transaction live");
}

pub(super) async fn attempts_at_once_count_as_one<B: Bench>(bench: &B) {
    let store = bench.open("13.71").await;
    put(&store, PeopleChanges { accounts: vec![account(1, "budi")], ..PeopleChanges::default() }).await.unwrap();
    let attempt = || {
        store.people(PeopleScope::login("budi"), |people| {
            let mut account = people.account("budi").unwrap().clone();
            account.failures += 1;
            (PeopleChanges { accounts: vec![account], ..PeopleChanges::default() }, ())
        })
    };
    for done in join_all((0..8).map(|_| attempt())).await {
        done.unwrap();
    }
    let people = store.look_at_people(PeopleScope::everybody()).await.unwrap();
    assert_eq!(people.accounts[0].failures, 8);
}
