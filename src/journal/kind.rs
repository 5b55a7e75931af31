//! The number of each change in header bytes. Numbers are signed for ever: never reuse or renumber one. What a change
//! carries is `change`'s.
//!
//! | from | who writes it |
//! |---|---|
//! | 10 | the custodian |
//! | 30 | the origin, for its reporter |
//! | 40 | a node, about its own units |
//! | 50 | author, origin or hub; who can open what is sealed |
//! | 60 | the hub, on a complaint |
//! | 90 | the hub, about nodes and units |

use crate::domain::Change;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $pattern:pat,)+) => {
        $($(#[$doc])* pub const $name: u16 = $number;)+

        /// Every number of this version.
        pub const ALL: &[u16] = &[$($name,)+];

        /// The number of a change.
        #[must_use]
        pub const fn of(change: &Change) -> u16 {
            match change {
                $($pattern => $name,)+
                Change::Unknown { kind, .. } => *kind,
            }
        }
    };
}

kinds! {
    /// No fields.
    VERIFIED = 10, Change::Verified,
    /// `[unit, reason]`
    DISPOSED = 11, Change::Disposed { .. },
    /// No fields.
    ACCEPTED = 12, Change::Accepted,
    /// `[reason]`
    DEFERRED = 13, Change::Deferred { .. },
    /// `[reason]`
    ARCHIVED = 14, Change::Archived { .. },
    /// No fields.
    FOLLOWED_UP = 15, Change::FollowedUp,
    /// No fields.
    RESPONDED = 16, Change::Responded,
    /// No fields.
    CLOSED = 17, Change::Closed,
    /// No fields.
    REOPENED = 18, Change::Reopened,
    /// `[to, reason]`
    TRANSFER = 19, Change::Transfer { .. },
    /// `[reason]`
    RETURN = 20, Change::Return { .. },
    /// `[proposal]`
    TAKE_BACK = 21, Change::TakeBack { .. },
    /// `[event]`
    ADOPTED = 22, Change::Adopted { .. },
    /// `[category, class]`
    RECATEGORISED = 23, Change::Recategorised { .. },
    /// `[to]`
    RELATED = 24, Change::Related { .. },
    /// `[of]`
    DOUBLED = 25, Change::Doubled { .. },
    /// `[from]`
    UNLINKED = 26, Change::Unlinked { .. },

    /// `[nonce, tracking, class, channel, on behalf, visibility, category, about | null]`
    FILED = 30, Change::Filed(_),
    /// No fields.
    REPLIED = 31, Change::Replied,
    /// No fields.
    COMPLETED = 32, Change::Completed,
    /// No fields.
    CONFIRMED = 33, Change::Confirmed,
    /// `[stars]`
    RATED = 34, Change::Rated { .. },
    /// No fields.
    APPEALED = 35, Change::Appealed,
    /// No fields.
    WITHDREW = 36, Change::Withdrew,
    /// No fields.
    IMPORTED = 37, Change::Imported,

    /// `[unit, name, [area, …], [category, …], contact | null]`
    UNIT_DECLARED = 40, Change::UnitDeclared(_),
    /// `[unit, into | null]`
    UNIT_RETIRED = 41, Change::UnitRetired { .. },

    /// `[event]`
    REDACTED = 50, Change::Redacted { .. },
    /// `[event, [[part, to, key, encapped, wrapped], …]]`
    GRANTED = 51, Change::Granted { .. },

    /// `[ends, unit, node, cause, assigned, proposal | null, cutoff | null, [[node, event], …]]`
    MOVED = 60, Change::Moved(_),
    /// `[proposal, upto, reason]`
    MOVE_REFUSED = 61, Change::MoveRefused { .. },
    /// `[event, prev | null, reason]`
    INADMISSIBLE = 62, Change::Inadmissible { .. },
    /// `[event]`
    HELD = 63, Change::Held { .. },
    /// `[event]`
    RELEASED = 64, Change::Released { .. },
    /// `[opener, moment, due, [node, …]]`
    OVERDUE = 65, Change::Overdue { .. },
    /// `[node, double]`
    JOINED = 66, Change::Joined { .. },

    /// `[node, name, signing key, tls key, sealing key, after]`
    NODE_ENROLLED = 90, Change::NodeEnrolled { .. },
    /// `[node, last]`
    NODE_REVOKED = 91, Change::NodeRevoked { .. },
    /// `[node, ended, incarnation]`
    INCARNATION_GRANTED = 92, Change::IncarnationGranted { .. },
    /// `[[unit, name, [area, …], [category, …], contact | null], declared | null]`
    UNIT_LISTED = 93, Change::UnitListed { .. },
    /// `[unit, into | null, declared | null]`
    UNIT_CLOSED = 94, Change::UnitClosed { .. },
    /// `[node]`
    NODE_SUSPENDED = 95, Change::NodeSuspended { .. },
    /// `[node]`
    NODE_REINSTATED = 96, Change::NodeReinstated { .. },
    /// `[node, tls key]`
    NODE_CERTIFIED = 97, Change::NodeCertified { .. },
    /// `[node, after, signing key, sealing key, signature]`
    KEYS_ROTATED = 98, Change::KeysRotated { .. },
    /// `[node, signing key, sealing key, keyed, by, signature]`
    KEYS_ENDORSED = 99, Change::KeysEndorsed { .. },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_changes_share_a_number() {
        assert!(ALL.is_sorted_by(|one, next| one < next), "{ALL:?}");
    }
}
