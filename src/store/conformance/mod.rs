//! What every store must do, as one suite that each of them passes. Cases are named after the fault that they would catch.

mod evidence;
mod journals;
mod lists;
mod notices;
mod outboxes;
mod people;
mod recovery;
pub(in crate::store) mod sample;
mod tallies;
mod tokens;
mod traces;
mod transactions;
mod vaults;
mod verdicts;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use sample::owner;

use super::memory::MemoryStore;
use super::postgres::PostgresStore;
use super::postgres::testing::TestDatabase;
use super::sqlite::SqliteStore;
use super::{OUTBOX_ROWS_MAX, Store, Vault};

/// Opens empty stores of one implementation.
trait Bench {
    type Store: Store;

    /// An empty store of `hub` or of a node, whose outboxes hold so many rows.
    async fn open_with(&self, node: &str, outbox_rows_max: u64) -> Self::Store;

    async fn open(&self, node: &str) -> Self::Store {
        self.open_with(node, OUTBOX_ROWS_MAX).await
    }

    /// The same store with a vault.
    fn lock(store: &Self::Store, vault: Vault) -> Self::Store;

    /// Removes what was opened.
    async fn clean(self)
    where
        Self: Sized;
}

struct Memory;

impl Bench for Memory {
    type Store = MemoryStore;

    async fn open_with(&self, node: &str, outbox_rows_max: u64) -> MemoryStore {
        MemoryStore::new(owner(node)).with_outbox_rows_max(outbox_rows_max)
    }

    fn lock(store: &MemoryStore, vault: Vault) -> MemoryStore {
        store.clone().with_vault(vault)
    }

    async fn clean(self) {}
}

struct Sqlite {
    folder: tempfile::TempDir,
    opened: AtomicUsize,
}

impl Sqlite {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), opened: AtomicUsize::new(0) }
    }
}

impl Bench for Sqlite {
    type Store = SqliteStore;

    async fn open_with(&self, node: &str, outbox_rows_max: u64) -> SqliteStore {
        let path = self.folder.path().join(format!("{}.db", self.opened.fetch_add(1, Ordering::Relaxed)));
        SqliteStore::create(&path, owner(node)).await.unwrap().with_outbox_rows_max(outbox_rows_max)
    }

    fn lock(store: &SqliteStore, vault: Vault) -> SqliteStore {
        store.clone().with_vault(vault)
    }

    async fn clean(self) {}
}

#[derive(Default)]
struct Postgres {
    opened: Mutex<Vec<TestDatabase>>,
}

impl Bench for Postgres {
    type Store = PostgresStore;

    async fn open_with(&self, node: &str, outbox_rows_max: u64) -> PostgresStore {
        let database = TestDatabase::make();
        let store = PostgresStore::create(&database.address(), owner(node)).await.unwrap();
        self.opened.lock().unwrap().push(database);
        store.with_outbox_rows_max(outbox_rows_max)
    }

    fn lock(store: &PostgresStore, vault: Vault) -> PostgresStore {
        store.clone().with_vault(vault)
    }

    async fn clean(self) {
        for database in self.opened.into_inner().unwrap() {
            database.drop_it().await;
        }
    }
}

macro_rules! suite {
    ($($topic:ident: $($case:ident),+;)+) => {
        mod memory {
            $($(
                #[tokio::test]
                async fn $case() {
                    super::$topic::$case(&super::Memory).await;
                }
            )+)+
        }

        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    super::$topic::$case(&super::Sqlite::new()).await;
                }
            )+)+
        }

        mod postgres {
            use super::Bench as _;

            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    let bench = super::Postgres::default();
                    super::$topic::$case(&bench).await;
                    bench.clean().await;
                }
            )+)+
        }
    };
}

suite! {
    transactions:
        contradiction_leaves_something_behind,
        nothing_to_write_writes_a_row,
        planner_does_not_see_what_another_wrote,
        view_is_out_of_order_or_incomplete,
        large_transaction_is_cut_short,
        declaration_that_waits_is_not_seen,
        store_forgets_whose_it_is;
    journals:
        duplicate_event_changes_something,
        fork_of_a_journal_is_merged,
        own_journal_gets_a_gap,
        one_epoch_ends_twice,
        node_ends_an_epoch,
        node_writes_a_registry_event,
        seals_do_not_follow,
        batches_are_cut_or_reordered,
        batch_above_the_limit_is_never_sent,
        rows_of_a_journal_differ_from_what_was_stored,
        destroyed_content_is_still_there;
    verdicts:
        final_verdict_changes,
        verdict_skips_one_that_is_provisional,
        refusals_are_not_shown_to_their_author,
        held_complaints_are_forgotten;
    outboxes:
        numbers_differ_from_commit_order,
        delivered_rows_stay,
        rows_of_another_generation_are_sent,
        refill_lacks_or_adds_something,
        refill_larger_than_the_limit_repeats_for_ever,
        late_refill_silences_a_live_session,
        full_outbox_drops_events_in_silence,
        unsealed_event_is_delivered_without_proof,
        update_of_a_peer_touches_other_fields,
        acknowledgement_of_what_was_never_sent;
    lists:
        unit_is_compared_as_text,
        list_ignores_a_filter,
        passed_deadline_is_not_found_or_found_too_early,
        page_skips_or_repeats_a_complaint,
        tracking_number_or_prefix_leads_nowhere,
        pending_proposal_is_forgotten,
        file_differs_from_what_was_stored,
        old_announcement_stays,
        old_projection_or_participant_stays;
    recovery:
        own_events_are_lost_when_set_aside,
        journal_streamed_back_does_not_fit,
        lives_streamed_back_clear_what_was_set_aside,
        content_comes_back_less_or_although_destroyed,
        sealed_end_is_wrong_after_a_cut;
    traces:
        trace_is_lost_on_the_way,
        trace_of_one_event_is_told_of_another,
        trace_outlives_content,
        trace_survives_a_life_set_aside;
    people:
        people_come_back_otherwise,
        scope_reads_others,
        login_is_given_twice,
        session_that_ended_lives,
        attempts_at_once_count_as_one;
    tallies:
        tally_differs_from_a_recount,
        same_plan_twice_counts_twice,
        transaction_that_fails_moves_a_sum,
        late_office_is_not_counted_or_a_reporter_is,
        statistics_count_what_was_not_asked_for;
    tokens:
        token_is_redeemed_twice,
        token_that_is_not_open_is_redeemed;
    evidence:
        evidence_is_lost_or_kept_twice;
    notices:
        reporter_is_told_twice,
        notice_is_kept_without_its_event,
        notice_comes_before_its_turn,
        dead_notice_is_lost_from_sight,
        notice_beyond_the_limit_vanishes,
        notice_waits_for_nobody,
        settled_notices_fill_the_disk;
    vaults:
        stolen_disk_without_key_opens_nothing,
        locked_content_is_set_aside_for_ever,
        content_stays_under_an_old_key;
}
