//! Tests of what is put right and linked after the filing, and of what a reporter may say how often.

use super::complaint::{Outcome, Status};
use super::doubles::{joining, may_be_doubled};
use super::event::{Change, Header};
use super::ids::{ComplaintId, NodeId};
use super::terms::{Cause, Class, Inadmissibility, Refusal, Visibility};
use super::testing::{OTHER, Story, disposed, node, recategorised, tell, transfer, unit};

fn doubled(of: ComplaintId) -> Change {
    Change::Doubled { of }
}

#[test]
fn complaint_is_filed_again_to_change_its_category() {
    let mut story = Story::filed("13.71");
    story.holder(recategorised("lights"));
    let complaint = story.fold();
    assert_eq!((complaint.category.as_str(), complaint.class), ("lights", Class::Information));
    assert_eq!((complaint.filing.category.as_str(), complaint.filing.class), ("roads", Class::Complaint));
    assert_eq!(complaint.status(), Status::Open);
    // Whoever holds it next may know better still; what was said by somebody else, or in between, counts for nothing.
    let forged = story.writes("13", recategorised("water"));
    story.holder(transfer("13"));
    let late = story.holder(recategorised("water"));
    story.order();
    assert_eq!(story.outcome(forged), Outcome::Refused(Refusal::NotCustodian));
    assert_eq!(story.outcome(late), Outcome::Late);
    story.holder(recategorised("bridges"));
    assert_eq!(story.fold().category.as_str(), "bridges");
    assert_eq!(story.fold().status(), Status::Received, "putting it right is not accepting it");
}

#[test]
fn late_recategorisation_cannot_be_adopted() {
    let mut story = Story::filed("13.71");
    let opener = story.opener();
    story.holder(transfer("13"));
    let late = story.holder(recategorised("water"));
    let double = story.under(opener, "13.71", doubled(OTHER));
    story.order();
    story.holder(Change::Accepted);
    story.holder(Change::Adopted { event: late });
    assert_eq!(story.fold().category.as_str(), "water");
    let adopted = story.holder(Change::Adopted { event: double });
    assert_eq!(story.outcome(adopted), Outcome::Refused(Refusal::NotAdoptable));
}

#[test]
fn link_moves_a_complaint_or_cannot_be_taken_back() {
    let mut story = Story::filed("13.71");
    let before = story.fold();
    story.holder(Change::Related { to: OTHER });
    assert!(story.fold().related.contains(&OTHER));
    assert_eq!((story.fold().status(), story.fold().unit()), (before.status(), before.unit()));
    story.passed("13");
    assert!(story.fold().related.contains(&OTHER), "it outlives the holder who made it");
    story.holder(Change::Unlinked { from: OTHER });
    assert!(story.fold().related.is_empty());
}

#[test]
fn complaint_is_linked_to_itself() {
    let mut story = Story::filed("13.71");
    let own = story.fold().id;
    for change in [Change::Related { to: own }, doubled(own)] {
        let event = story.holder(change);
        assert_eq!(story.outcome(event), Outcome::Refused(Refusal::Itself));
    }
    assert_eq!((story.fold().status(), story.fold().double_of()), (Status::Open, None));
}

#[test]
fn double_stays_a_double_when_it_is_worked_on_again() {
    let mut story = Story::filed("13.71");
    story.holder(doubled(OTHER));
    assert_eq!((story.fold().status(), story.fold().double_of()), (Status::Archived, Some(OTHER)));
    story.holder(Change::Reopened);
    assert_eq!((story.fold().status(), story.fold().double_of()), (Status::Open, None));
    story.holder(doubled(OTHER));
    story.writes("13.71", Change::Appealed);
    story.escalate(Cause::Appeal).unwrap();
    assert_eq!((story.fold().status(), story.fold().double_of()), (Status::Received, None));
}

#[test]
fn proposal_under_way_is_overtaken_by_a_link() {
    let mut story = Story::filed("13.71");
    story.holder(transfer("13"));
    for change in [recategorised("water"), Change::Related { to: OTHER }, doubled(OTHER)] {
        let event = story.holder(change);
        assert_eq!(story.outcome(event), Outcome::Refused(Refusal::Pending));
    }
}

#[test]
fn released_word_of_an_earlier_holder_flips_what_was_told_of_a_later_one() {
    let mut story = Story::filed("13.71");
    let link = story.holder(Change::Related { to: OTHER });
    story.hub(Change::Held { event: link });
    story.escalate(Cause::Escalation).unwrap();
    let unlinked = story.holder(Change::Unlinked { from: OTHER });
    assert_eq!(story.outcome(unlinked), Outcome::Counted);
    story.hub(Change::Released { event: link });
    assert_eq!(story.outcome(unlinked), Outcome::Counted);
    assert!(story.fold().related.is_empty(), "the later word stands");
}

#[test]
fn double_of_nothing_or_of_a_double_is_taken() {
    assert_eq!(may_be_doubled(None), Err(Inadmissibility::UnknownMain));
    let mut main = Story::filed("13");
    assert_eq!(may_be_doubled(Some(&main.fold())), Ok(()));
    main.holder(doubled(OTHER));
    assert_eq!(may_be_doubled(Some(&main.fold())), Err(Inadmissibility::DoubleOfDouble));
    main.holder(Change::Reopened);
    assert_eq!(may_be_doubled(Some(&main.fold())), Ok(()));
}

/// A complaint filed at `origin`, about somebody or nobody, as everybody may know it or not.
fn filed(origin: &str, about: Option<&str>, visibility: Visibility) -> Story {
    let mut story = Story::about(origin, about);
    let filed = story.events.pop().unwrap();
    let Change::Filed(mut filing) = filed.header.change.clone() else { panic!("it is a filing") };
    filing.visibility = visibility;
    story.push(Header { change: Change::Filed(filing), ..filed.header });
    story
}

/// Who joins the main complaint because of the double.
fn who(double: &Story, main: &Story) -> Vec<NodeId> {
    let joined = joining(&double.fold(), &main.fold(), &main.registry);
    let node = |change: Change| if let Change::Joined { node, .. } = change { Some(node) } else { None };
    joined.into_iter().filter_map(node).collect()
}

#[test]
fn double_lets_somebody_know_who_must_not() {
    use Visibility::{Anonymous, Confidential, Open};
    let double = filed("13.71", None, Open);
    assert_eq!(who(&double, &filed("13", None, Open)), [node("13.71")]);
    assert_eq!(who(&double, &filed("13", None, Anonymous)), [node("13.71")]);
    assert!(who(&double, &filed("13", None, Confidential)).is_empty());
    assert!(who(&filed("13.71", None, Confidential), &filed("13", None, Open)).is_empty());
    for about in ["13.71", "13.71.dlh", "13", "id"] {
        assert!(who(&double, &filed("kl.pu", Some(about), Open)).is_empty(), "about {about}");
    }
    assert_eq!(who(&double, &filed("kl.pu", Some("kl.agama"), Open)), [node("13.71")]);
    // The double is about somebody who takes part in the main one.
    assert!(who(&filed("13.71", Some("13"), Open), &filed("13", None, Open)).is_empty());
    // The main one is sealed, being about the government where it was filed.
    assert!(who(&double, &filed("13", Some("13"), Open)).is_empty());
    // Whoever takes part already, or may receive nothing, does not join.
    assert!(who(&double, &filed("13.71", None, Open)).is_empty());
    let mut main = filed("13", None, Open);
    tell(&mut main.registry, Change::NodeSuspended { node: unit("13.71") });
    assert!(who(&double, &main).is_empty());
}

#[test]
fn holder_of_a_double_or_doubles_of_it_are_left_out() {
    let mut double = Story::filed("13.71");
    double.passed("kl.pu");
    double.hub(Change::Joined { node: node("id"), double: OTHER });
    assert!(double.fold().participants.contains(&node("id")));
    assert_eq!(who(&double, &Story::filed("13")), [node("13.71"), node("id"), node("kl.pu")]);
}

#[test]
fn anybody_but_the_hub_lets_others_take_part() {
    let mut story = Story::filed("13.71");
    story.writes("13.71", Change::Joined { node: node("kl.pu"), double: OTHER });
    assert!(!story.fold().participants.contains(&node("kl.pu")));
    assert!(story.fold().joined.is_empty());
}

#[test]
fn reporter_rates_for_ever_or_once_and_for_all() {
    let mut story = Story::filed("13.71");
    story.holder(Change::Responded);
    for stars in [1, 2, 3] {
        story.writes("13.71", Change::Rated { stars });
        assert_eq!(story.fold().stars, Some(stars));
    }
    let fourth = story.writes("13.71", Change::Rated { stars: 5 });
    assert_eq!((story.outcome(fourth), story.fold().stars), (Outcome::Refused(Refusal::TooOften), Some(3)));
}

#[test]
fn second_appeal_or_withdrawal_counts() {
    let mut story = Story::filed("13.71");
    for (change, refusal) in [(Change::Appealed, Refusal::Appealed), (Change::Withdrew, Refusal::Withdrawn)] {
        let first = story.writes("13.71", change.clone());
        let second = story.writes("13.71", change);
        assert_eq!((story.outcome(first), story.outcome(second)), (Outcome::Counted, Outcome::Refused(refusal)));
    }
}

#[test]
fn appeal_is_against_an_end_that_was_somebody_elses() {
    let mut story = Story::filed("13.71");
    assert!(!story.fold().epoch().ended);
    story.holder(Change::Responded);
    story.holder(Change::Closed);
    story.holder(Change::Reopened);
    assert!(story.fold().epoch().ended, "opening again does not undo that it was ended");
    story.passed("13");
    assert!(!story.fold().epoch().ended);
}

#[test]
fn appealed_complaint_comes_back_to_whom_the_appeal_is_against() {
    let mut story = Story::filed("13.71");
    story.holder(disposed("13.71.dlh"));
    story.holder(Change::Responded);
    story.holder(Change::Closed);
    story.writes("13.71", Change::Appealed);
    story.escalate(Cause::Appeal).unwrap();
    assert_eq!(story.fold().unit(), &unit("13.71"), "the next level up from the agency is the city");
    let back = story.holder(super::testing::RETURN);
    assert_eq!(story.outcome(back), Outcome::Refused(Refusal::NotReturnable));
    story.holder(Change::Accepted);
    assert_eq!(story.fold().status(), Status::Open);
}
