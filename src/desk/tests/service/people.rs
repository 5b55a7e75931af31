//! People at the desk's sockets: who is let in by which door, and as whom.

use tempfile::TempDir;

use crate::accounts::approval::{self, Answer, FourEyes, Kind};
use crate::accounts::{Person, Token};
use crate::desk::service::{Audience, Caller, ClientError, Credentials, serve, told};
use crate::desk::socket::{DeskSocket, SocketPlace, own_uid};
use crate::desk::statistics::{Column, Statistics};
use crate::desk::tests::accounts::PASSWORD;
use crate::desk::tests::bench::{Bench, new_complaint, unit};
use crate::desk::{NewComplaint, Reporter};
use crate::domain::AccountRole::{Admin, Auditor, Liaison, UnitAdmin};
use crate::domain::{Figure, Pseudonym};
use crate::protocol::desk::v1 as wire;
use crate::runtime::{OnFailure, Tasks};
use crate::store::ListFilter;
use crate::store::memory::MemoryStore;
use crate::telemetry::Health;

struct Served {
    bench: Bench,
    operators: SocketPlace,
    peoples: SocketPlace,
    _tasks: Tasks,
    _folder: TempDir,
}

async fn served() -> Served {
    let bench = Bench::padang().await;
    let folder = tempfile::tempdir().unwrap();
    let operators = SocketPlace::of(folder.path()).unwrap();
    let tasks = Tasks::new();
    let path = folder.path().join("people").join("desk.sock");
    let sockets = [
        (DeskSocket::open(&operators).unwrap(), Audience::Operator),
        (DeskSocket::open_for_people(&path).unwrap(), Audience::People),
    ];
    for (socket, audience) in sockets {
        let served = serve(socket, audience, bench.desk.clone(), Health::default(), tasks.clone());
        tasks.spawn("desk", OnFailure::EndProcess, served);
    }
    let peoples = SocketPlace::for_people(&path).unwrap();
    Served { bench, operators, peoples, _tasks: tasks, _folder: folder }
}

impl Served {
    async fn caller(&self, place: &SocketPlace, credentials: Credentials) -> Caller<MemoryStore> {
        Caller::connect(place).await.unwrap().with(credentials)
    }

    async fn logs_in(&self, login: &str) -> Credentials {
        let mut caller = self.caller(&self.peoples, Credentials::System).await;
        let (login, password) = (login.to_owned(), PASSWORD.to_owned());
        let entered =
            caller.login(wire::LoginRequest { login, password, ..wire::LoginRequest::default() }).await.unwrap();
        Credentials::Session(Token::parse(&entered.token).unwrap())
    }
}

fn code<T: std::fmt::Debug>(answer: Result<T, ClientError>) -> String {
    answer.unwrap_err().code().to_owned()
}

#[tokio::test]
async fn stranger_at_the_socket_for_people_is_served() {
    let served = served().await;
    served.bench.account("budi", UnitAdmin, "13.71").await;
    let mut stranger = served.caller(&served.peoples, Credentials::System).await;
    assert_eq!(code(stranger.status(wire::StatusRequest {}).await), "account.not-logged-in");
    assert_eq!(code(stranger.units(wire::UnitsRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.list(wire::ListRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.show(wire::ShowRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.file(wire::FileRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.act(wire::ActRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.import(wire::ImportRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.list_accounts(wire::ListAccountsRequest {}).await), "account.not-logged-in");
    assert_eq!(code(stranger.list_approvals(wire::ListApprovalsRequest {}).await), "account.not-logged-in");
    assert_eq!(code(stranger.approve(wire::ApproveRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.route(wire::RouteRequest::default()).await), "account.not-logged-in");
    assert_eq!(code(stranger.add_accounts(wire::AddAccountsRequest::default()).await), "account.not-logged-in");
    let change = wire::ChangeAccountRequest::default();
    assert_eq!(code(stranger.change_account(change).await), "account.not-logged-in");
    let mut liar = served.caller(&served.peoples, Credentials::As("budi".to_owned())).await;
    assert_eq!(code(liar.status(wire::StatusRequest {}).await), "account.not-operator");
    let session = served.logs_in("budi").await;
    let mut officer = served.caller(&served.peoples, session.clone()).await;
    officer.status(wire::StatusRequest {}).await.unwrap();
    officer.logout(wire::LogoutRequest {}).await.unwrap();
    assert_eq!(code(officer.status(wire::StatusRequest {}).await), "account.session-ended");
    let mut operator = served.caller(&served.operators, Credentials::System).await;
    operator.status(wire::StatusRequest {}).await.unwrap();
    let mut lent = served.caller(&served.operators, Credentials::As("nobody".to_owned())).await;
    assert_eq!(code(lent.status(wire::StatusRequest {}).await), "account.unknown-login");
}

#[tokio::test]
async fn account_is_told_who_the_reporter_is_unasked() {
    let served = served().await;
    let reporter = Reporter { name: "Siti".to_owned(), ..Reporter::default() };
    let new = NewComplaint { reporter: Some(reporter), ..new_complaint() };
    let id = served.bench.desk.file(&new).await.unwrap().complaint.to_string();
    served.bench.account("budi", Liaison, "13.71").await;
    let session = served.logs_in("budi").await;
    let mut officer = served.caller(&served.peoples, session).await;
    for asked in [false, true] {
        let reply = officer.show_all(&id, asked).await.unwrap();
        let (file, names) = told::file(&reply);
        assert_eq!(crate::desk::story::identity(&file).is_some(), asked);
        assert!(names.unit(&unit("13.71")).is_some() && file.events.len() == 2);
        assert!(!reply.standing.unwrap().options.contains(&"transfer".to_owned()));
    }
    let listed = told::list(&officer.list(wire::ListRequest::default()).await.unwrap());
    let mut stored = served.bench.desk.list(ListFilter::default()).await.unwrap();
    // What a complaint adds to statistics is not told with it.
    for summary in &mut stored {
        summary.measure = None;
    }
    assert_eq!(listed, stored);
}

#[tokio::test]
async fn officer_makes_accounts() {
    let served = served().await;
    served.bench.account("budi", UnitAdmin, "13.71").await;
    served.bench.account("admin", Admin, "13.71").await;
    served.bench.account("admin-dlh", Admin, "13.71.dlh").await;
    let new = |login: &str, of: &str| wire::NewAccount {
        login: login.to_owned(),
        name: "Ani".to_owned(),
        role: "liaison".to_owned(),
        unit: of.to_owned(),
        password: PASSWORD.to_owned(),
        ..wire::NewAccount::default()
    };
    let add = |login: &str, of: &str| wire::AddAccountsRequest { accounts: vec![new(login, of)] };
    let session = served.logs_in("budi").await;
    let mut officer = served.caller(&served.peoples, session).await;
    assert_eq!(code(officer.add_accounts(add("ani", "13.71")).await), "account.not-allowed");
    assert_eq!(code(officer.list_accounts(wire::ListAccountsRequest {}).await), "account.not-allowed");
    assert_eq!(code(officer.approve(wire::ApproveRequest::default()).await), "account.not-allowed");
    let session = served.logs_in("admin-dlh").await;
    let mut below = served.caller(&served.peoples, session).await;
    assert_eq!(below.add_accounts(add("ani", "13.71")).await.unwrap().mistakes[0].code, "account.foreign-unit");
    assert_eq!(below.add_accounts(add("ani", "13.71.dlh")).await.unwrap().accounts.len(), 1);
    let close = wire::ChangeAccountRequest {
        login: "admin".to_owned(),
        change: Some(wire::change_account_request::Change::CloseAccount(wire::CloseAccount {})),
    };
    assert_eq!(code(below.change_account(close.clone()).await), "account.foreign-unit");
    let seen = below.list_accounts(wire::ListAccountsRequest {}).await.unwrap().accounts;
    assert_eq!(seen.iter().map(|account| account.login.as_str()).collect::<Vec<_>>(), ["admin-dlh", "ani"]);
    let mut operator = served.caller(&served.operators, Credentials::System).await;
    assert!(operator.change_account(close).await.unwrap().account.unwrap().closed_micros.is_some());
    let stored = served.bench.desk.accounts().list().await.unwrap();
    assert!(stored.iter().all(|account| account.pseudonym != Pseudonym([0; 16])));
}

#[tokio::test]
async fn operator_approves_in_the_name_of_another() {
    let served = served().await;
    served.bench.account("admin", Admin, "13.71").await;
    let operator = Person::of_uid(own_uid().unwrap());
    let (store, now) = (&served.bench.store, served.bench.desk.now());
    let asked = approval::ask_or_confirm(store, FourEyes::On, Kind::Endorse, b"13.71", &operator, now).await.unwrap();
    let Answer::Pending(id) = asked else { unreachable!() };
    let request = wire::ApproveRequest { id };
    for own in [Credentials::System, Credentials::As("admin".to_owned())] {
        let mut caller = served.caller(&served.operators, own).await;
        assert_eq!(caller.list_approvals(wire::ListApprovalsRequest {}).await.unwrap().approvals.len(), 1);
        assert_eq!(code(caller.approve(request.clone()).await), "account.same-person");
    }
    let session = served.logs_in("admin").await;
    let mut admin = served.caller(&served.peoples, session).await;
    let approved = admin.approve(request).await.unwrap().approval.unwrap();
    assert!(approved.approver.starts_with("account:") && approved.subject == "13.71");
}

#[tokio::test]
async fn statistics_leave_the_accounts_unit() {
    let served = served().await;
    served.bench.file().await;
    served.bench.account("tini", Liaison, "13.71.dlh").await;
    served.bench.account("wati", Auditor, "13.71").await;
    served.bench.account("adi", Admin, "13.71").await;
    let mut counted = Vec::new();
    for (login, unit) in [("wati", ""), ("tini", ""), ("tini", "13.71"), ("tini", "kl.pu"), ("adi", "")] {
        let session = served.logs_in(login).await;
        let mut caller = served.caller(&served.peoples, session).await;
        let request = wire::StatisticsRequest { unit: unit.to_owned(), ..wire::StatisticsRequest::default() };
        counted.push(caller.statistics(request).await.ok().map(|reply| {
            let (told, _) = told::statistics(&reply);
            Statistics::value(&told.total, Column::Figure(Figure::Complaints)).unwrap()
        }));
    }
    assert_eq!(counted, [Some(1), Some(0), Some(0), None, None]);
}
