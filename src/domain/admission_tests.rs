//! Admission, rule by rule: each test is named after what would be let in.

use super::admission::{Admission, Bench, admit};
use super::event::{Change, Event, Header, PublicName};
use super::fold::fold;
use super::ids::{EventHash, NodeId, Position, Timestamp};
use super::listing::Listing;
use super::registry::Registry;
use super::terms::{Cause, Inadmissibility as Reason};
use super::testing::{Story, at, disposed, enrolled, event, header, node, registry, tell, transfer, unit};

fn judge(story: &Story, event: &Event) -> Admission {
    judge_after(story, event, Position::ZERO)
}

fn judge_after(story: &Story, event: &Event, cited: Position) -> Admission {
    let complaint = fold(&story.events);
    let bench = Bench {
        registry: &story.registry,
        events: &story.events,
        complaint: complaint.as_ref(),
        cited,
        now: Timestamp(0),
        derived: event.header.complaint,
    };
    admit(event, &bench)
}

/// What becomes of the holder's follow-up if its header is changed so.
fn altered(alter: impl FnOnce(&mut Header)) -> Admission {
    let story = Story::filed("13.71");
    let mut header = story.draft(&node("13.71"), Change::FollowedUp);
    alter(&mut header);
    judge(&story, &event(header))
}

fn no(reason: Reason) -> Admission {
    Admission::Inadmissible(reason)
}

#[test]
fn an_honest_event_is_admitted() {
    assert_eq!(altered(|_| {}), Admission::Admitted);
    let empty = Story { events: Vec::new(), ..Story::filed("13.71") };
    assert_eq!(judge(&empty, &Story::filed("13.71").events[0]), Admission::Admitted);
}

#[test]
fn a_header_that_lies() {
    assert_eq!(altered(|h| h.unit = None), no(Reason::NoUnit));
    assert_eq!(altered(|h| h.unit = Some(unit("13"))), no(Reason::NotAtHome));
    assert_eq!(altered(|h| h.unit = Some(unit("13.71.unlisted"))), no(Reason::NotAtHome));
    assert_eq!(altered(|h| h.node = node("99")), no(Reason::NoUnit));
    assert_eq!(altered(|h| h.node = NodeId::Hub), no(Reason::NoUnit));
    assert_eq!(altered(|h| h.registry = at(101)), no(Reason::RegistryPosition));
    assert_eq!(altered(|h| h.registry = at(1)), no(Reason::NotAtHome));
    assert_eq!(altered(|h| h.time = Timestamp(0).plus_seconds(600)), Admission::Admitted);
    assert_eq!(altered(|h| h.time = Timestamp(1).plus_seconds(600)), no(Reason::FutureTime));
    assert_eq!(altered(|h| h.prev = None), no(Reason::BrokenChain));
    assert_eq!(altered(|h| h.prev = Some(EventHash([5; 32]))), no(Reason::BrokenChain));
    assert_eq!(altered(|h| h.opener = None), no(Reason::UnknownOpener));
    assert_eq!(altered(|h| h.opener = Some(EventHash([5; 32]))), no(Reason::UnknownOpener));
    assert_eq!(altered(|h| h.seen = Some(EventHash([5; 32]))), no(Reason::UnknownSeen));
    assert_eq!(altered(|h| h.complaint = None), no(Reason::Malformed));
    assert_eq!(altered(|h| h.change = disposed("13")), no(Reason::TargetNotAtHome));
    assert_eq!(
        altered(|h| h.change = Change::UnitClosed { unit: unit("13"), into: None, declared: None }),
        no(Reason::HubOnly)
    );
    assert_eq!(altered(|h| h.change = Change::Held { event: EventHash([1; 32]) }), no(Reason::HubOnly));
    assert_eq!(altered(|h| h.position = Position::new(2, 1)), no(Reason::CutOff));
}

#[test]
fn the_cited_registry_position_never_goes_down() {
    let mut story = Story::filed("13.71");
    tell(&mut story.registry, Change::UnitClosed { unit: unit("99"), into: None, declared: None });
    let followed = event(story.draft(&node("13.71"), Change::FollowedUp));
    assert_eq!(judge_after(&story, &followed, at(100)), Admission::Admitted);
    assert_eq!(judge_after(&story, &followed, at(101)), no(Reason::RegistryPosition));
}

#[test]
fn province_node_signs_for_enrolled_city() {
    let story = Story::filed("13");
    let mut header = story.draft(&node("13"), Change::FollowedUp);
    header.unit = Some(unit("13.71"));
    assert_eq!(judge(&story, &event(header.clone())), no(Reason::NotAtHome));
    // Before the city was enrolled, the province did act for it.
    let before = Story { registry: registry(&["id", "13"], &["13.71"]), ..story };
    assert_eq!(judge(&before, &event(header)), Admission::Admitted);
}

#[test]
fn node_submits_event_of_other_origin() {
    let story = Story::filed("13.71");
    let reply = event(story.draft(&node("13"), Change::Replied));
    assert_eq!(judge(&story, &reply), no(Reason::NotOrigin));
    let mut filed = header(node("13"), at(1), story.events[0].header.change.clone());
    filed.opener = None;
    let bench_derives_another = |derived| {
        let bench = Bench {
            registry: &story.registry,
            events: &[],
            complaint: None,
            cited: Position::ZERO,
            now: Timestamp(0),
            derived,
        };
        admit(&event(filed.clone()), &bench)
    };
    assert_eq!(bench_derives_another(None), no(Reason::ComplaintId));
    assert_eq!(bench_derives_another(filed.complaint), Admission::Admitted);
}

#[test]
fn an_opener_of_another_node_is_no_standing_but_ones_own_former_one_is() {
    let mut story = Story::filed("13.71");
    let filed = story.opener();
    let foreign = event(story.draft(&node("13"), Change::Accepted));
    assert_eq!(judge(&story, &foreign), no(Reason::NotCustodian));
    let moved = story.passed("13");
    let former = event(Header { opener: Some(filed), ..story.draft(&node("13.71"), Change::FollowedUp) });
    assert_eq!(judge(&story, &former), Admission::Admitted, "it will read late");
    let later = event(Header { opener: Some(moved), ..story.draft(&node("13.71"), Change::FollowedUp) });
    assert_eq!(judge(&story, &later), no(Reason::NotCustodian));
    let reply = event(Header { opener: Some(moved), ..story.draft(&node("13.71"), Change::Replied) });
    assert_eq!(judge(&story, &reply), no(Reason::UnknownOpener), "origin events name the filing");
}

#[test]
fn a_custodial_event_claims_to_have_seen_one() {
    let mut story = Story::filed("13.71");
    let work = story.holder(Change::FollowedUp);
    let claims = event(Header { seen: Some(work), ..story.draft(&node("13.71"), Change::Responded) });
    assert_eq!(judge(&story, &claims), no(Reason::UnknownSeen));
    let reply = story.writes("13.71", Change::Replied);
    story.hub(Change::Inadmissible { event: reply, prev: Some(work), reason: Reason::FutureTime });
    let claims = event(Header { seen: Some(reply), ..story.draft(&node("13.71"), Change::Responded) });
    assert_eq!(judge(&story, &claims), no(Reason::UnknownSeen), "what is inadmissible cannot be seen");
}

#[test]
fn what_is_named_must_be_in_the_set() {
    let story = Story::filed("13.71");
    for change in [Change::TakeBack { proposal: EventHash([5; 32]) }, Change::Adopted { event: EventHash([5; 32]) }] {
        assert_eq!(judge(&story, &event(story.draft(&node("13.71"), change))), no(Reason::UnknownReference));
    }
}

#[test]
fn an_adopted_disposition_leads_to_a_unit_of_another_node() {
    let mut story = Story::filed("13.71");
    let filed = story.opener();
    story.passed("13");
    story.holder(Change::Accepted);
    let late = story.under(filed, "13.71", disposed("13.71.dlh"));
    let adopts = event(story.draft(&node("13"), Change::Adopted { event: late }));
    assert_eq!(judge(&story, &adopts), no(Reason::TargetNotAtHome));
}

#[test]
fn a_revoked_node_writes_on() {
    let mut story = Story::filed("13.71");
    tell(&mut story.registry, Change::NodeRevoked { node: unit("13.71"), last: at(1) });
    let after = event(story.draft(&node("13.71"), Change::FollowedUp));
    assert_eq!(judge(&story, &after), no(Reason::CutOff));
    // New keys do not reinstate it; a new life does, and only there.
    tell(&mut story.registry, enrolled("13.71"));
    assert_eq!(judge(&story, &after), no(Reason::CutOff));
    assert!(!story.registry.is_live(&unit("13.71")));
    tell(&mut story.registry, Change::IncarnationGranted { node: unit("13.71"), ended: at(1), incarnation: 2 });
    assert_eq!(judge(&story, &after), no(Reason::CutOff));
    assert!(story.registry.is_live(&unit("13.71")));
    let reborn = Header { position: Position::new(2, 1), ..story.draft(&node("13.71"), Change::FollowedUp) };
    assert_eq!(judge(&story, &event(reborn)), Admission::Admitted);
}

#[test]
fn the_old_life_goes_on_beyond_its_end() {
    let mut story = Story::filed("13.71");
    tell(&mut story.registry, Change::IncarnationGranted { node: unit("13.71"), ended: at(1), incarnation: 2 });
    assert_eq!(judge(&story, &event(story.draft(&node("13.71"), Change::FollowedUp))), no(Reason::CutOff));
    let unborn = Header { position: Position::new(3, 1), ..story.draft(&node("13.71"), Change::FollowedUp) };
    assert_eq!(judge(&story, &event(unborn)), no(Reason::CutOff));
}

#[test]
fn an_unknown_change_holds_its_author_but_a_stranger_cannot_stop_a_complaint() {
    let mut story = Story::filed("13.71");
    let unknown = Change::Unknown { kind: 999, body: Vec::new() };
    let stranger = event(story.draft(&node("13"), unknown.clone()));
    assert_eq!(judge(&story, &stranger), no(Reason::NotCustodian));
    let known = event(story.draft(&node("13.71"), unknown.clone()));
    assert_eq!(judge(&story, &known), Admission::Held);
    let held = story.writes("13.71", unknown);
    story.hub(Change::Held { event: held });
    let next = event(Header { seen: Some(held), ..story.draft(&node("13.71"), Change::FollowedUp) });
    assert_eq!(judge(&story, &next), Admission::Held);
    let nobody = Story { events: Vec::new(), ..story.clone() };
    let first = Header { prev: None, ..known.header.clone() };
    assert_eq!(judge(&nobody, &event(first)), no(Reason::UnknownOpener));
    // Known after an upgrade, it is judged again among what came later.
    let later = story.writes("13.71", Change::FollowedUp);
    story.hub(Change::Released { event: held });
    let again = story.events.iter().find(|event| event.hash == later).unwrap();
    assert_eq!(judge(&story, again), Admission::Admitted);
}

#[test]
fn a_stranger_redacts() {
    let mut story = Story::filed("13.71");
    story.passed("13");
    let filed = story.fold().filed;
    let work = story.writes("13", Change::Accepted);
    let redacts =
        |writer: &str, target| judge(&story, &event(story.draft(&node(writer), Change::Redacted { event: target })));
    assert_eq!(redacts("13", filed), no(Reason::NotAuthor));
    assert_eq!(redacts("13", work), Admission::Admitted);
    assert_eq!(redacts("13.71", work), Admission::Admitted);
    assert_eq!(redacts("13.71", EventHash([5; 32])), no(Reason::UnknownReference));
}

#[test]
fn guessed_epoch_number_counts_later() {
    // A node that is to get the complaint writes ahead, for the epoch to come. Named by hash, that epoch cannot be guessed.
    let mut story = Story::filed("13.71");
    let guess = EventHash([2; 32]);
    let ahead = story.draft(&node("13"), Change::Accepted);
    let ahead = event(Header { opener: Some(guess), ..ahead });
    assert_eq!(judge(&story, &ahead), no(Reason::UnknownOpener));
    // The naive rule: openers are numbers, so 2 is "the second epoch", whatever opens it; it is let in and waits.
    let numbered = |story: &Story| {
        let second = fold(&story.events).unwrap().epochs.get(1).map(|epoch| epoch.opener);
        let resolved = story.events.iter().chain([&ahead]).map(|event| {
            let opener =
                event.header.opener.map(|opener| if opener == guess { second.unwrap_or(guess) } else { opener });
            Event { hash: event.hash, header: Header { opener, ..event.header.clone() } }
        });
        fold(&resolved.collect::<Vec<_>>()).unwrap()
    };
    let before = numbered(&story).outcomes[&ahead.hash];
    story.passed("13");
    let after = numbered(&story);
    assert_ne!(before, after.outcomes[&ahead.hash], "the naive rule changes its mind");
    assert_eq!(after.status(), super::complaint::Status::Open, "accepted before it was ever received");
    assert_eq!(story.fold().status(), super::complaint::Status::Received);
    assert_eq!(judge(&story, &ahead), no(Reason::UnknownOpener), "and by hash it stays outside afterwards too");
}

#[test]
fn a_hub_event_comes_from_a_node() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    let Some(super::custody::Decision::Move(moved)) = story.decision() else { unreachable!() };
    assert_eq!(judge(&story, &event(story.draft(&node("13"), Change::Moved(moved)))), no(Reason::HubOnly));
    story.escalate(Cause::Appeal).unwrap();
}

/// What becomes of a declaration of Padang's node, in a country where its agency `dlh` and the province's `dinkes` are listed.
fn declares(registry: &Registry, change: Change, alter: impl FnOnce(&mut Header)) -> Admission {
    let mut said = Header { complaint: None, ..header(node("13.71"), at(1), change) };
    alter(&mut said);
    let (events, cited, now) = (&[][..], Position::ZERO, Timestamp(0));
    admit(&event(said), &Bench { registry, events, complaint: None, cited, now, derived: None })
}

fn declared(code: &str) -> Change {
    Change::UnitDeclared(Box::new(Listing::named(unit(code), PublicName::parse("A unit").unwrap())))
}

fn retired(code: &str, into: Option<&str>) -> Change {
    Change::UnitRetired { unit: unit(code), into: into.map(unit) }
}

#[test]
fn city_declares_a_unit_of_the_province() {
    let registry = registry(&["id", "13", "13.71"], &["13.71.dlh", "13.71.pu", "13.dinkes"]);
    let says = |change| declares(&registry, change, |_| {});
    for code in ["13.71.dlh", "13.71.new", "13.71", "13.71.01.1001"] {
        assert_eq!(says(declared(code)), Admission::Admitted, "{code}");
    }
    for code in ["13.dinkes", "13", "13.72", "id", "kl.pu", "13.72.dlh"] {
        assert_eq!(says(declared(code)), no(Reason::TargetNotAtHome), "{code}");
        assert_eq!(says(retired(code, None)), no(Reason::TargetNotAtHome), "{code}");
        assert_eq!(says(retired("13.71.dlh", Some(code))), no(Reason::TargetNotAtHome), "{code}");
    }
    assert_eq!(declares(&registry, declared("13.71.new"), |h| h.unit = Some(unit("13"))), no(Reason::NotAtHome));
}

#[test]
fn unit_is_merged_into_nothing_or_itself() {
    let mut registry = registry(&["id", "13", "13.71"], &["13.71.dlh", "13.71.pu", "13.71.gone"]);
    tell(&mut registry, Change::UnitClosed { unit: unit("13.71.gone"), into: None, declared: None });
    let says = |change| declares(&registry, change, |_| {});
    assert_eq!(says(retired("13.71.dlh", Some("13.71.pu"))), Admission::Admitted);
    assert_eq!(says(retired("13.71.dlh", None)), Admission::Admitted);
    for (code, into) in [
        ("13.71.new", None),
        ("13.71.dlh", Some("13.71.new")),
        ("13.71.dlh", Some("13.71.dlh")),
        ("13.71.dlh", Some("13.71.gone")),
    ] {
        assert_eq!(says(retired(code, into)), no(Reason::UnknownReference), "{code} {into:?}");
    }
    assert_eq!(says(retired("13.71", Some("13.71.dlh"))), no(Reason::OwnUnit));
}

#[test]
fn province_goes_on_declaring_for_a_city_that_has_its_own_node_by_now() {
    // Cited where the province was the city's home, judged when it is not any more.
    let mut registry = registry(&["id", "13"], &["13.71"]);
    tell(&mut registry, enrolled("13.71"));
    let mut said = Header { complaint: None, ..header(node("13"), at(1), declared("13.71.dlh")) };
    said.registry = at(100);
    let bench = Bench {
        registry: &registry,
        events: &[],
        complaint: None,
        cited: Position::ZERO,
        now: Timestamp(0),
        derived: None,
    };
    assert_eq!(admit(&event(said.clone()), &bench), no(Reason::TargetNotAtHome));
    said.change = declared("13.72");
    assert_eq!(admit(&event(said), &bench), Admission::Admitted);
}

#[test]
fn declaration_hides_among_a_complaints_events() {
    let registry = registry(&["id", "13", "13.71"], &["13.71.dlh"]);
    let hash = Some(EventHash([5; 32]));
    let alter: [fn(&mut Header, Option<EventHash>); 4] = [
        |h, _| h.complaint = Some(crate::domain::ComplaintId([7; 16])),
        |h, hash| h.prev = hash,
        |h, hash| h.opener = hash,
        |h, hash| h.seen = hash,
    ];
    for alter in alter {
        assert_eq!(declares(&registry, declared("13.71.dlh"), |h| alter(h, hash)), no(Reason::Malformed));
    }
}
