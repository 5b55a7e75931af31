//! Silence: what becomes of complaints whose holder does nothing, is away, or is still catching up. The clock is moved by hand; the
//! hub looks for deadlines as a serving one does.

use std::sync::Arc;

use lintas::desk::Action;
use lintas::domain::complaint::DisplayState;
use lintas::domain::{Cause, Change, Complaint, ComplaintId, Reason, Starts, fold};
use lintas::link::hub::HubShared;
use lintas::link::hub::ingest::Policy;
use lintas::link::hub::silence::{Heard, Watch, listen};
use lintas::regulations::timetable;
use lintas::store::Store;
use lintas::store::memory::MemoryStore;

use super::bench::{Bench, node, unit};
use super::run;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Bench {
    /// Time passes while the hub looks every ten minutes for the last half hour of it, and links say that they are there.
    async fn wait(&mut self, days: i64, watch: &Watch) -> Heard {
        self.clock.advance(days * DAY);
        self.hear(watch, &self.hub.clone()).await
    }

    async fn hear(&mut self, watch: &Watch, hub: &HubShared<MemoryStore>) -> Heard {
        let mut all = Heard::default();
        for _ in 0..3 {
            self.clock.advance(10 * MINUTE);
            for site in self.sites.values_mut() {
                if let Some(line) = site.line.as_mut() {
                    line.down.extend(line.hub.progress().await.messages);
                }
            }
            self.settle().await;
            let heard = listen(hub, watch).await.unwrap();
            all.climbed += heard.climbed;
            all.told += heard.told;
            self.settle().await;
        }
        all
    }

    async fn complaint(&self, id: ComplaintId) -> Complaint {
        let file = self.store.file(id).await.unwrap().unwrap();
        fold(&file.events.into_iter().map(|filed| filed.event).collect::<Vec<_>>()).unwrap()
    }

    async fn holder(&self, id: ComplaintId) -> String {
        self.complaint(id).await.unit().to_string()
    }
}

/// A hub on the same database that lets unanswered complaints climb.
fn strict(bench: &Bench) -> HubShared<MemoryStore> {
    let policy =
        Policy { timetable: Arc::new(timetable(Starts::Complete)), climb_unanswered: true, ..Policy::default() };
    HubShared::new(bench.store.clone(), bench.signer.clone(), policy, bench.clock.clone())
}

#[test]
fn what_nobody_accepts_stays_or_climbs_twice() {
    run(async {
        let (mut bench, watch) = (Bench::new().await, Watch::default());
        let id = bench.moved("13.72", "13.71").await;
        assert_eq!(bench.wait(2, &watch).await, Heard::default());
        let heard = bench.wait(3, &watch).await;
        assert_eq!((heard.climbed, heard.told), (1, 0));
        assert_eq!(bench.holder(id).await, "13");
        // Each level has its own time; at the top nothing moves any more, and those who could know are told once.
        assert_eq!(bench.wait(7, &watch).await.climbed, 1);
        assert_eq!(bench.holder(id).await, "id");
        assert_eq!(bench.wait(7, &watch).await, Heard { told: 1, ..Heard::default() });
        assert_eq!(bench.wait(30, &watch).await, Heard::default());
        let moves = bench.complaint(id).await.epochs.len();
        assert_eq!(moves, 4, "transferred and twice moved up");
    });
}

#[test]
fn silent_node_stops_the_clock() {
    run(async {
        let (mut bench, watch) = (Bench::new().await, Watch::default());
        let id = bench.moved("13.72", "13.71").await;
        bench.cut("13.71");
        let heard = bench.wait(5, &watch).await;
        assert_eq!((heard.climbed, heard.told), (0, 1), "its link is down: the national desk hears of it");
        let complaint = bench.complaint(id).await;
        assert!(complaint.participants.contains(&node("id")) && complaint.participants.contains(&node("13")));
        assert!(bench.at("id").store.file(id).await.unwrap().is_some());
        assert_eq!(bench.wait(2, &watch).await, Heard::default(), "within the grace");
        assert_eq!(bench.wait(4, &watch).await.climbed, 1);
        assert_eq!(bench.holder(id).await, "13");
        // It comes back and finds that custody has moved on.
        bench.connect("13.71").await;
        bench.settle().await;
        let list = bench.at("13.71").store.file(id).await.unwrap().unwrap();
        assert_eq!(list.summary.unwrap().unit, unit("13"));
    });
}

#[test]
fn escalation_during_catch_up() {
    run(async {
        let (mut bench, watch) = (Bench::new().await, Watch::default());
        let id = bench.moved("13.72", "13.71").await;
        bench.cut("13.71");
        bench.act("13.71", id, Action::Accept).await;
        bench.act("13.71", id, Action::FollowUp).await;
        bench.clock.advance(5 * DAY);
        // Its Hello says that there is more than the hub has: until that is here, nothing fires.
        bench.connect("13.71").await;
        let line = bench.sites.get_mut("13.71").unwrap().line.as_mut().unwrap();
        let hello = line.up.pop_front().unwrap();
        let now = lintas::domain::Timestamp(bench.clock.advance(0));
        let out = line.hub.handle(lintas::link::hub::session::Input::Received(hello, now)).await;
        line.down.extend(out.messages);
        for _ in 0..2 {
            assert_eq!(listen(&bench.hub, &watch).await.unwrap(), Heard::default());
            bench.clock.advance(10 * MINUTE);
        }
        bench.settle().await;
        assert_eq!(listen(&bench.hub, &watch).await.unwrap().climbed, 0);
        assert_eq!(bench.holder(id).await, "13.71");
    });
}

#[test]
fn hub_that_was_away_climbs_past_everybody() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.72", "13.71").await;
        bench.act("13.71", id, Action::Accept).await;
        let other = bench.moved("13.72", "13.71").await;
        for code in ["id", "13", "13.71", "13.72", "kl.pu"] {
            bench.cut(code);
        }
        // Nine days later it is started again: no link is there yet, and that says nothing.
        bench.clock.advance(9 * DAY);
        let watch = Watch::default();
        assert_eq!(listen(&bench.hub, &watch).await.unwrap(), Heard::default());
        bench.connect("13.71").await;
        bench.settle().await;
        assert_eq!(bench.holder(other).await, "13.71");
    });
}

#[test]
fn late_answer_is_nobodys_business_or_climbs_unasked() {
    run(async {
        let (mut bench, watch) = (Bench::new().await, Watch::default());
        let id = bench.file("13.71").await;
        bench.act("13.71", id, Action::Verify).await;
        bench.act("13.71", id, Action::Dispose { unit: unit("13.71.dlh"), reason: Reason::Competent }).await;
        bench.settle().await;
        // The office is reminded before the last day is over, and of what has passed.
        let owed = async |bench: &Bench| {
            let owed = bench.at("13.71").desk.status().await.unwrap().owed;
            (owed.soon, owed.overdue)
        };
        assert_eq!(owed(&bench).await, (0, 0));
        bench.clock.advance(6 * DAY);
        assert_eq!(owed(&bench).await, (1, 0));
        let heard = bench.wait(3, &watch).await;
        assert_eq!((heard.climbed, heard.told), (0, 1));
        assert_eq!(owed(&bench).await, (0, 1));
        // The city above the agency is on the same node.
        let seen = bench.at("id").store.file(id).await.unwrap().unwrap().summary.unwrap();
        assert!(seen.overdue && seen.state == DisplayState::Disposed, "{seen:?}");
        assert_eq!(bench.wait(9, &watch).await, Heard::default());
        // Where it is laid down, it climbs level by level, from agency to city although both are on one node.
        let strict = strict(&bench);
        bench.hear(&watch, &strict).await;
        assert_eq!(bench.holder(id).await, "13.71");
        let moved = bench.complaint(id).await;
        assert_eq!(moved.epoch().arrival, lintas::domain::complaint::Arrival::Moved(Cause::Escalation));
    });
}

#[test]
fn two_hub_processes_act_on_one_silence() {
    run(async {
        let (mut bench, watch) = (Bench::new().await, Watch::default());
        let id = bench.moved("13.72", "13.71").await;
        let other = bench.other_hub();
        bench.wait(5, &watch).await;
        assert_eq!(bench.hear(&Watch::default(), &other).await, Heard::default());
        assert_eq!(bench.complaint(id).await.epochs.len(), 3);
    });
}

#[test]
fn answer_without_a_reply_stays_open_for_ever() {
    run(async {
        let mut bench = Bench::new().await;
        let (answered, waiting) = (bench.file("13.71").await, bench.file("13.71").await);
        bench.act("13.71", answered, Action::Verify).await;
        bench.act("13.71", answered, Action::Respond).await;
        bench.act("13.71", waiting, Action::Defer { reason: Reason::Incomplete }).await;
        let desk = &bench.at("13.71").desk;
        bench.clock.advance(13 * DAY);
        assert_eq!(desk.lapse().await.unwrap(), 0);
        bench.clock.advance(2 * DAY);
        assert_eq!((desk.lapse().await.unwrap(), desk.lapse().await.unwrap()), (1, 0));
        bench.clock.advance(16 * DAY);
        assert_eq!((desk.lapse().await.unwrap(), desk.lapse().await.unwrap()), (1, 0));
        bench.settle().await;
        let state = |complaint: Complaint| complaint.display();
        assert_eq!(state(bench.complaint(answered).await), DisplayState::Closed);
        assert_eq!(state(bench.complaint(waiting).await), DisplayState::Archived);
    });
}

#[test]
fn window_that_was_lengthened_lapses_by_the_old_rule() {
    run(async {
        let bench = Bench::new().await;
        let id = bench.file("13.71").await;
        bench.act("13.71", id, Action::Verify).await;
        bench.act("13.71", id, Action::Respond).await;
        let folder = tempfile::tempdir().unwrap();
        let rules = "class,moment,amount,unit,legal_basis,mark\nany,reporter-window,20,wd,Perda 1/2027,[C]\n";
        std::fs::write(folder.path().join("deadlines.csv"), rules).unwrap();
        let longer = lintas::regulations::from_folder(folder.path(), Starts::Complete).unwrap();
        let desk = bench.at("13.71").desk.clone().with_timetable(Arc::new(longer));
        // What is stored is still the old date: it is only where to look.
        bench.clock.advance(16 * DAY);
        assert_eq!(desk.lapse().await.unwrap(), 0);
        bench.clock.advance(14 * DAY);
        assert_eq!(desk.lapse().await.unwrap(), 1);
    });
}

#[test]
fn hub_moves_before_it_is_due_and_nobody_sees() {
    run(async {
        let mut bench = Bench::new().await;
        let id = bench.moved("13.72", "13.71").await;
        let woken = bench.hub.move_complaint(id, Cause::Escalation).await.unwrap();
        assert!(woken.is_some());
        bench.settle().await;
        let events = bench.at("13").events(id).await;
        let moved = events.iter().rfind(|event| matches!(event.header.change, Change::Moved(_))).unwrap();
        assert!(!timetable(Starts::Complete).was_due(&events, moved.hash));
    });
}
