//! Accounts on the store in memory: who is let in, how often one may be wrong, and what takes two.

use std::sync::Arc;

use super::approval::{self, Answer, FourEyes, Kind};
use super::keeper::SESSIONS_MAX;
use super::*;
use crate::domain::{AccountRole, FederationId, NodeId, Timestamp, UnitCode};
use crate::runtime::{Clock as _, ManualClock, SeededEntropy};
use crate::store::memory::MemoryStore;
use crate::store::{Account, Owner, PeopleScope, Store as _};

const RIGHT: &str = "sandi yang benar sekali";
const SECOND: i64 = 1_000_000;

struct Bench {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    accounts: Accounts<MemoryStore>,
}

fn unit(code: &str) -> UnitCode {
    UnitCode::parse(code).unwrap()
}

fn new(login: &str, name: &str) -> NewAccount {
    NewAccount {
        login: login.to_owned(),
        name: name.to_owned(),
        person: String::new(),
        role: AccountRole::Admin,
        unit: unit("13.71"),
        password: Password::typed(RIGHT),
        one_time: false,
    }
}

impl Bench {
    fn new() -> Self {
        let federation = FederationId::parse("lapor.test").unwrap();
        let store = MemoryStore::new(Owner { federation, node: NodeId::parse("13.71").unwrap() });
        let clock = Arc::new(ManualClock::at(1_700_000_000 * SECOND));
        let accounts = Accounts::new(store.clone(), unit("13.71"), clock.clone(), Arc::new(SeededEntropy::new(5)));
        Self { store, clock, accounts }
    }

    async fn with(logins: &[&str]) -> Self {
        let bench = Self::new();
        let all: Vec<_> = logins.iter().map(|login| new(login, &format!("Nama {login}"))).collect();
        bench.accounts.add(&all).await.unwrap();
        bench
    }

    async fn tries(&self, login: &str, password: &str) -> Result<Entered, AccountError> {
        self.accounts.log_in(login, &Password::typed(password), None).await
    }

    async fn stored(&self, login: &str) -> Account {
        let people = self.store.look_at_people(PeopleScope::everybody()).await.unwrap();
        people.account(login).unwrap().clone()
    }
}

#[tokio::test]
async fn wrong_password_or_stranger_is_let_in() {
    let bench = Bench::with(&["budi"]).await;
    for (login, password) in [("budi", "sandi yang salah sekali"), ("ani", RIGHT), ("budi", ""), ("", "")] {
        assert!(matches!(bench.tries(login, password).await, Err(AccountError::Refused)), "{login}");
    }
    let entered = bench.tries("budi", RIGHT).await.unwrap();
    assert_eq!(bench.accounts.holder(&entered.token).await.unwrap().login, "budi");
    assert_eq!(bench.stored("budi").await.failures, 0);
}

#[tokio::test]
async fn password_is_tried_without_end() {
    let bench = Bench::with(&["budi"]).await;
    for _ in 0..throttle::FREE {
        assert!(bench.tries("budi", "sandi yang salah sekali").await.is_err());
    }
    // The right one does not help now either: whoever guesses must not see when they were right.
    assert!(matches!(bench.tries("budi", RIGHT).await, Err(AccountError::Refused)));
    assert_eq!(bench.stored("budi").await.failures, throttle::FREE, "while one waits nothing is counted");
    bench.clock.advance(throttle::WAIT_SECONDS_FIRST * SECOND);
    assert!(bench.tries("budi", "sandi yang salah sekali").await.is_err());
    bench.clock.advance(throttle::WAIT_SECONDS_FIRST * SECOND);
    assert!(bench.tries("budi", RIGHT).await.is_err(), "each wait is twice as long");
    bench.clock.advance(throttle::WAIT_SECONDS_FIRST * SECOND);
    assert!(bench.tries("budi", RIGHT).await.is_ok());
    assert!(bench.tries("budi", RIGHT).await.is_ok(), "a right one ends it");
}

#[test]
fn wait_grows_without_end_or_a_clock_set_back_locks() {
    let at = |seconds: i64| Timestamp(seconds * SECOND);
    let account = |failures| Account { failures, failed: Some(at(1000)), ..sample() };
    for failures in [throttle::FREE + 20, throttle::FAILURES_MAX - 1] {
        assert!(!throttle::is_open(&account(failures), at(1000 + throttle::WAIT_SECONDS_MAX - 1)));
        assert!(throttle::is_open(&account(failures), at(1000 + throttle::WAIT_SECONDS_MAX)));
    }
    assert!(throttle::is_open(&account(throttle::FREE), at(10)));
    assert!(!throttle::is_open(&account(throttle::FAILURES_MAX), at(1_000_000)));
}

fn sample() -> Account {
    let account = new("budi", "Budi");
    Account {
        pseudonym: crate::domain::Pseudonym([1; 16]),
        login: account.login,
        name: account.name,
        person: account.person,
        role: account.role,
        unit: account.unit,
        password: String::new(),
        one_time: false,
        created: Timestamp(0),
        closed: None,
        failures: 0,
        failed: None,
    }
}

#[tokio::test]
async fn session_outlives_its_end() {
    let bench = Bench::with(&["budi"]).await;
    let entered = bench.tries("budi", RIGHT).await.unwrap();
    bench.clock.set(entered.expires.0 - 1);
    assert!(bench.accounts.holder(&entered.token).await.is_ok());
    bench.clock.set(entered.expires.0);
    assert!(matches!(bench.accounts.holder(&entered.token).await, Err(AccountError::SessionEnded)));
    let next = bench.tries("budi", RIGHT).await.unwrap();
    bench.accounts.log_out(&next.token).await.unwrap();
    assert!(bench.accounts.holder(&next.token).await.is_err());
    bench.accounts.log_out(&next.token).await.unwrap();
    for revision in
        [Revision::Password { password: Password::typed("sandi yang lain lagi"), one_time: false }, Revision::Close]
    {
        let password = if matches!(revision, Revision::Close) { "sandi yang lain lagi" } else { RIGHT };
        let entered = bench.tries("budi", password).await.unwrap();
        bench.accounts.revise("budi", revision).await.unwrap();
        assert!(bench.accounts.holder(&entered.token).await.is_err());
    }
    assert!(matches!(bench.tries("budi", "sandi yang lain lagi").await, Err(AccountError::Refused)));
}

#[tokio::test]
async fn sessions_pile_up() {
    let bench = Bench::with(&["budi"]).await;
    let mut tokens = Vec::new();
    for _ in 0..=SESSIONS_MAX {
        bench.clock.advance(SECOND);
        tokens.push(bench.tries("budi", RIGHT).await.unwrap().token);
    }
    assert!(bench.accounts.holder(&tokens[0]).await.is_err(), "the oldest gives way");
    assert!(bench.accounts.holder(&tokens[1]).await.is_ok());
}

#[tokio::test]
async fn password_given_out_is_used_for_work() {
    let bench = Bench::new();
    bench.accounts.add(&[NewAccount { one_time: true, ..new("budi", "Budi") }]).await.unwrap();
    let log_in = async |new: Option<&str>| {
        let new = new.map(Password::typed);
        bench.accounts.log_in("budi", &Password::typed(RIGHT), new.as_ref()).await
    };
    assert!(matches!(log_in(None).await, Err(AccountError::NewPasswordNeeded)));
    assert!(matches!(log_in(Some(RIGHT)).await, Err(AccountError::PasswordUnchanged)));
    assert!(matches!(log_in(Some("pendek")).await, Err(AccountError::PasswordShape)));
    assert!(log_in(Some("sandi yang dipilih sendiri")).await.is_ok());
    assert!(log_in(None).await.is_err());
    assert!(bench.tries("budi", "sandi yang dipilih sendiri").await.is_ok());
}

#[tokio::test]
async fn half_of_a_list_of_accounts_is_made() {
    let bench = Bench::with(&["budi"]).await;
    let wrong = [
        new("ani", "Ani"),
        new("budi", "Budi"),
        new("Citra", "Citra"),
        NewAccount { unit: unit("13.72"), ..new("dewi", "Dewi") },
        NewAccount { password: Password::typed("pendek"), ..new("eko", "Eko") },
        new("ani", "Ani yang lain"),
        new("fajar", " "),
    ];
    let told = bench.accounts.add(&wrong).await.unwrap_err();
    let codes: Vec<_> = told.iter().map(|(at, error)| (*at, error.code())).collect();
    assert_eq!(
        codes,
        [
            (1, "account.taken"),
            (2, "account.login-shape"),
            (3, "account.foreign-unit"),
            (4, "account.password-shape"),
            (5, "account.taken"),
            (6, "account.name-shape"),
        ]
    );
    assert_eq!(bench.accounts.list().await.unwrap().len(), 1);
    bench.accounts.revise("budi", Revision::Close).await.unwrap();
    let again = bench.accounts.add(&[new("budi", "Budi")]).await.unwrap_err();
    assert_eq!(again[0].1.code(), "account.taken", "a closed account's login is given again");
}

#[test]
fn only_the_first_mistake_of_a_table_is_told() {
    let read = |text: &str| roster::read(text.as_bytes(), &unit("13.71"), &SeededEntropy::new(1));
    let table = "\u{feff}login,name,role,unit,person,telepon\nbudi,Budi,liaison,13.71.dlh,1980,x\n\
                 ani, Ani ,auditor,13.71,,\n";
    let made = read(table).unwrap();
    assert_eq!(
        made.iter().map(|(line, one)| (*line, one.login.as_str())).collect::<Vec<_>>(),
        [(2, "budi"), (3, "ani")]
    );
    assert!(made.iter().all(|(_, one)| one.one_time) && made[0].1.password != made[1].1.password);
    assert_eq!((made[0].1.person.as_str(), made[1].1.name.as_str()), ("1980", "Ani"));
    let wrong = "login,name,role,unit\nBUDI,Budi,liaison,13.71\nani,Ani,raja,13.71\ncitra,Citra,liaison,Padang\n\
                 dewi,Dewi,liaison,13.72\neko,Eko,admin,13.71\neko,Eko,admin,13.71\n";
    let codes: Vec<_> = read(wrong).unwrap_err().iter().map(|(line, error)| (*line, error.code())).collect();
    let shapes = ["login-shape", "role-shape", "unit-shape", "foreign-unit", "taken"];
    let expected: Vec<_> = [2, 3, 4, 5, 7].into_iter().zip(shapes.map(|shape| format!("account.{shape}"))).collect();
    assert_eq!(codes.iter().map(|(line, code)| (*line, (*code).to_owned())).collect::<Vec<_>>(), expected);
    for nothing in ["", "login,name,role\nbudi,Budi,admin\n", "\u{0}"] {
        assert_eq!(read(nothing).unwrap_err()[0].1.code(), "account.table", "{nothing:?}");
    }
}

fn person(login: &str, name: &str, number: &str) -> Person {
    let pseudonym = crate::domain::Pseudonym([login.len().try_into().unwrap(); 16]);
    let (name, number) = (name.to_owned(), number.to_owned());
    Person::of_account(&Account { pseudonym, login: login.to_owned(), name, person: number, ..sample() })
}

#[test]
fn one_person_counts_as_two() {
    let budi = person("b", "Budi Santoso", "");
    for same in [
        budi.clone(),
        person("bb", "Budi Santoso", ""),
        person("bb", " budi  SANTOSO ", ""),
        person("bb", "Budi Santoso", "1980"),
        person("b", "Ani", ""),
    ] {
        assert!(budi.may_be(&same) && same.may_be(&budi), "{same:?}");
    }
    let (one, other) = (person("b", "Budi Santoso", "1980"), person("bb", "B. Santoso", "1980"));
    assert!(one.may_be(&other), "one number under two names");
    for different in [person("bb", "Ani", ""), person("bb", "Budi Santoso", "1981"), Person::of_uid(0)] {
        assert!(!one.may_be(&different), "{different:?}");
    }
    assert!(Person::of_uid(0).may_be(&Person::of_uid(0)) && !Person::of_uid(0).may_be(&Person::of_uid(1)));
}

impl Bench {
    async fn asks(&self, by: &Person, subject: &str) -> Answer {
        let (kind, now) = (Kind::Revoke, self.clock.timestamp());
        approval::ask_or_confirm(&self.store, FourEyes::On, kind, subject.as_bytes(), by, now).await.unwrap()
    }

    async fn approves(&self, by: &Person, answer: &Answer) -> Result<(), AccountError> {
        let Answer::Pending(id) = answer else { unreachable!("nothing waits") };
        approval::approve(&self.store, id, by, self.clock.timestamp()).await.map(drop)
    }
}

#[tokio::test]
async fn one_person_does_what_takes_two() {
    let bench = Bench::new();
    let (budi, twin) = (person("b", "Budi", ""), person("bb", "BUDI", ""));
    let asked = bench.asks(&budi, "13.71 1/340").await;
    assert!(matches!(asked, Answer::Pending(_)));
    assert_eq!(bench.asks(&budi, "13.71 1/340").await, asked, "asking twice is asking once");
    assert_eq!(bench.asks(&twin, "13.71 1/340").await, asked);
    for own in [&budi, &twin] {
        assert!(matches!(bench.approves(own, &asked).await, Err(AccountError::SamePerson)));
    }
    assert_eq!(bench.asks(&budi, "13.71 1/340").await, asked);
}

#[tokio::test]
async fn approval_is_for_something_else_or_used_twice() {
    let bench = Bench::new();
    let (budi, ani) = (person("b", "Budi", ""), person("aa", "Ani", ""));
    let asked = bench.asks(&budi, "13.71 1/340").await;
    bench.approves(&ani, &asked).await.unwrap();
    assert!(matches!(bench.asks(&budi, "13.71 1/341").await, Answer::Pending(_)), "another subject");
    let (store, now) = (&bench.store, bench.clock.timestamp());
    let other = approval::ask_or_confirm(store, FourEyes::On, Kind::Endorse, b"13.71 1/340", &budi, now).await.unwrap();
    assert!(matches!(other, Answer::Pending(_)), "another kind");
    assert_eq!(bench.asks(&budi, "13.71 1/340").await, Answer::Granted);
    assert!(matches!(bench.asks(&budi, "13.71 1/340").await, Answer::Pending(_)), "it is used up");
    // Somebody else who asks for the same confirms it.
    let again = bench.asks(&ani, "13.71 1/340").await;
    assert_eq!(again, Answer::Granted);
    assert!(matches!(bench.approves(&ani, &asked).await, Err(AccountError::UnknownRequest)));
}

#[tokio::test]
async fn approval_counts_after_a_day() {
    let bench = Bench::new();
    let (budi, ani) = (person("b", "Budi", ""), person("aa", "Ani", ""));
    let asked = bench.asks(&budi, "13.71").await;
    bench.approves(&ani, &asked).await.unwrap();
    bench.clock.advance(approval::REQUEST_SECONDS * SECOND);
    let next = bench.asks(&budi, "13.71").await;
    assert!(matches!(next, Answer::Pending(_)) && next != asked);
    bench.clock.advance((approval::REQUEST_SECONDS - 1) * SECOND);
    assert_eq!(bench.asks(&ani, "13.71").await, Answer::Granted);
    let waiting = approval::waiting(&bench.store, bench.clock.timestamp()).await.unwrap();
    assert_eq!(waiting, Vec::new());
}

#[tokio::test]
async fn two_accounts_of_one_person_turn_four_eyes_on() {
    let four = async |accounts: &[NewAccount], setting: FourEyes| {
        let bench = Bench::new();
        bench.accounts.add(accounts).await.unwrap();
        setting.applies(&bench.accounts.list().await.unwrap())
    };
    let (budi, twin, ani) = (new("budi", "Budi"), new("budi2", "Budi"), new("ani", "Ani"));
    let clerk = NewAccount { role: AccountRole::Liaison, ..new("citra", "Citra") };
    assert!(!four(&[budi.clone(), twin.clone(), clerk], FourEyes::Auto).await);
    assert!(four(&[budi.clone(), twin, ani.clone()], FourEyes::Auto).await);
    assert!(!four(&[budi.clone(), ani], FourEyes::Off).await);
    assert!(four(&[], FourEyes::On).await);
    let bench = Bench::new();
    let (alone, now) = (person("b", "B", ""), Timestamp(0));
    let answer = approval::ask_or_confirm(&bench.store, FourEyes::Auto, Kind::Revoke, b"x", &alone, now).await;
    assert_eq!(answer.unwrap(), Answer::Granted, "one person alone need not wait for nobody");
}
