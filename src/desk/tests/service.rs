//! The desk over its socket: a call and its reply, a refusal with its reasons, and the drain.

mod people;
mod places;

use tempfile::TempDir;

use super::bench::Bench;
use crate::desk::service::{Audience, Caller, ClientError, serve};
use crate::desk::socket::{DeskSocket, SocketPlace};
use crate::protocol::desk::v1 as wire;
use crate::protocol::desk::v1::act_request::Action;
use crate::runtime::{OnFailure, Tasks};
use crate::store::memory::MemoryStore;
use crate::telemetry::Health;

struct Served {
    tasks: Tasks,
    place: SocketPlace,
    _folder: TempDir,
}

async fn served() -> Served {
    let mut bench = Bench::padang().await;
    let file = b"code,name,categories\n13.71.dlh,DLH,sampah\n";
    let units = crate::desk::units::read(file, crate::desk::units::Form::Csv).whole().unwrap();
    for unit in units {
        bench.registry(unit.over(None).listed(None)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = SocketPlace::of(folder.path()).unwrap();
    let socket = DeskSocket::open(&place).unwrap();
    let tasks = Tasks::new();
    tasks.spawn(
        "desk",
        OnFailure::EndProcess,
        serve(socket, Audience::Operator, bench.desk, Health::default(), tasks.clone()),
    );
    Served { tasks, place, _folder: folder }
}

fn filing() -> wire::FileRequest {
    wire::FileRequest {
        class: "complaint".to_owned(),
        channel: "counter".to_owned(),
        visibility: "open".to_owned(),
        category: "drainase".to_owned(),
        narrative: "Selokan tersumbat.".to_owned(),
        ..wire::FileRequest::default()
    }
}

fn act(complaint: &str, action: Action) -> wire::ActRequest {
    wire::ActRequest { complaint: complaint.to_owned(), action: Some(action), ..wire::ActRequest::default() }
}

#[tokio::test]
async fn reason_of_a_refusal_is_lost_on_the_wire() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    let filed = caller.file(filing()).await.unwrap();
    let refused = caller.act(act(&filed.tracking, Action::Close(wire::Close {}))).await.unwrap_err();
    let ClientError::Refused(fault) = &refused else { unreachable!("{refused}") };
    assert_eq!((refused.code(), fault.facts["refusal"].as_str()), ("desk.not-awaiting", "not-awaiting"));
    let standing = fault.standing.as_ref().unwrap();
    assert_eq!((standing.holder.as_str(), standing.state.as_str()), ("13.71", "new"));
    assert!(standing.options.contains(&"verify".to_owned()));
    let word = wire::FileRequest { class: "praise".to_owned(), ..filing() };
    let refused = caller.file(word).await.unwrap_err();
    assert_eq!(refused.code(), "desk.unknown-word");
    assert!(refused.to_string().contains("aspiration"), "{refused}");
    let nothing = wire::ActRequest { complaint: filed.complaint, ..wire::ActRequest::default() };
    assert_eq!(caller.act(nothing).await.unwrap_err().code(), "desk.no-action");
}

#[tokio::test]
async fn long_file_is_cut_off_after_its_first_page() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    let filed = caller.file(filing()).await.unwrap();
    for _ in 0..20 {
        let note = "x".repeat(60 * 1024);
        let act = wire::ActRequest { text: note, ..act(&filed.complaint, Action::FollowUp(wire::FollowUp {})) };
        caller.act(act).await.unwrap();
    }
    let page = caller
        .show(wire::ShowRequest { complaint: filed.tracking.clone(), ..wire::ShowRequest::default() })
        .await
        .unwrap();
    assert!(page.more && page.events.len() < 21);
    let whole = caller.show_all(&filed.tracking, false).await.unwrap();
    assert_eq!(whole.events.len(), 21);
    assert_eq!(whole.names["13.71"], "13.71");
    let listed = caller.list(wire::ListRequest { limit: 1, ..wire::ListRequest::default() }).await.unwrap();
    assert!(!listed.more && listed.complaints[0].state == "in-progress");
}

#[tokio::test]
async fn status_hides_what_waits_to_leave() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    caller.file(filing()).await.unwrap();
    let status = caller.status(wire::StatusRequest {}).await.unwrap();
    let outbox = status.outbox.unwrap();
    assert_eq!((outbox.unsealed, outbox.unacknowledged, outbox.provisional), (1, 1, 1));
    assert_eq!(status.link.unwrap().state, "unknown");
    assert_eq!(caller.units(wire::UnitsRequest::default()).await.unwrap().nodes.len(), 4);
}

#[tokio::test]
async fn idle_caller_holds_up_the_stop() {
    let served = served().await;
    let mut caller = Caller::<MemoryStore>::connect(&served.place).await.unwrap();
    caller.file(filing()).await.unwrap();
    assert!(served.tasks.shutdown(std::time::Duration::from_mins(1)).await);
    assert!(!served.place.path.exists());
    assert!(caller.status(wire::StatusRequest {}).await.is_err());
    let gone = Caller::<MemoryStore>::connect(&served.place).await.unwrap_err();
    assert_eq!(gone.code(), "desk.not-running");
}

#[tokio::test]
async fn desk_of_another_account_is_told_everything() {
    let served = served().await;
    let foreign = SocketPlace { owner: served.place.owner + 1, ..served.place.clone() };
    let refused = Caller::<MemoryStore>::connect(&foreign).await;
    // Root may answer for anybody.
    if served.place.owner == 0 {
        assert!(refused.is_ok());
    } else {
        assert_eq!(refused.unwrap_err().code(), "desk.foreign-account");
    }
}
