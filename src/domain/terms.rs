//! The closed word lists of the domain: classes, channels, reasons and the like, each with its stable number and name.
//! Numbers are signed for ever: never reuse one. Words follow SP4N-LAPOR! (`PermenPANRB` 62/2018, 5/2025).

macro_rules! terms {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every word of the list.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable number in header bytes.
            #[must_use]
            pub const fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The word with this number; none if this version does not know it.
            #[must_use]
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// The name on the command line and in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The word with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.name() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

terms! {
    /// What kind of complaint it is; its deadlines follow from it.
    Class {
        /// A complaint that needs no field check.
        Complaint = 1 "complaint",
        /// A complaint that needs a field check.
        ComplaintFieldCheck = 2 "complaint-field-check",
        /// A request for information.
        Information = 3 "information",
        /// An aspiration.
        Aspiration = 4 "aspiration",
    }
}

terms! {
    /// How the complaint came in.
    Channel {
        /// At a counter.
        Counter = 1 "counter",
        /// By letter.
        Letter = 2 "letter",
        /// By telephone.
        Phone = 3 "phone",
        /// By SMS.
        Sms = 4 "sms",
        /// By a web page.
        Web = 5 "web",
        /// By an application.
        App = 6 "app",
        /// In any other way.
        Other = 7 "other",
    }
}

terms! {
    /// Who may know what.
    Visibility {
        /// Content and answer are public, the reporter's name is not.
        Open = 1 "open",
        /// No identity is stored at all.
        Anonymous = 2 "anonymous",
        /// The content is hidden from the public.
        Confidential = 3 "confidential",
    }
}

terms! {
    /// Why a unit passes a complaint on, puts it off or puts it away.
    Reason {
        /// The unit that is competent for it.
        Competent = 1 "competent",
        /// Not within this unit's authority.
        NotMyAuthority = 2 "not-my-authority",
        /// The file is not complete.
        Incomplete = 3 "incomplete",
        /// What was filed is in no usable form.
        FormatError = 4 "format-error",
        /// Too general to act on.
        TooGeneral = 5 "too-general",
        /// Unrelated to government.
        Unrelated = 6 "unrelated",
        /// The same complaint is already on file.
        Duplicate = 7 "duplicate",
        /// Filed under the wrong category.
        WrongCategory = 8 "wrong-category",
        /// Another reason, told in a note.
        Other = 9 "other",
        /// The reporter withdrew the complaint.
        Withdrawn = 10 "withdrawn",
    }
}

terms! {
    /// What the holder of an account may do.
    AccountRole {
        /// Looks after the node and its accounts; has nothing to do with complaints.
        Admin = 1 "admin",
        /// Answers for a unit and all below it, disposing and transferring among it.
        UnitAdmin = 2 "unit-admin",
        /// Liaison officer (pejabat penghubung): handles what a unit and those below it hold.
        Liaison = 3 "liaison",
        /// Reads everything, writes nothing.
        Auditor = 4 "auditor",
    }
}

terms! {
    /// Why the hub moved a complaint.
    Cause {
        /// The holder's transfer.
        Transfer = 1 "transfer",
        /// The holder's return to its sender.
        Return = 2 "return",
        /// A dispute between units, brought to their arbiter.
        Dispute = 3 "dispute",
        /// The arbiter's assignment, which binds.
        Assignment = 4 "assignment",
        /// The holder was silent.
        Escalation = 5 "escalation",
        /// The holder's node was revoked.
        Revocation = 6 "revocation",
        /// The reporter appealed.
        Appeal = 7 "appeal",
        /// The unit got a node of its own.
        Rehoming = 8 "rehoming",
    }
}

terms! {
    /// Why the hub refused to move a complaint.
    MoveRefusal {
        /// No such unit in the registry, or none at home anywhere.
        UnknownUnit = 1 "unknown-unit",
        /// The unit was closed.
        ClosedUnit = 2 "closed-unit",
        /// The unit's node was revoked.
        RevokedNode = 3 "revoked-node",
        /// The complaint is about that body, or one above it.
        Accused = 4 "accused",
        /// The unit's node is not confirmed yet.
        Unconfirmed = 5 "unconfirmed",
        /// The unit's node was suspended.
        SuspendedNode = 6 "suspended-node",
    }
}

terms! {
    /// Why an event is outside the set: its author had no authority to write it.
    Inadmissibility {
        /// The acting unit is not at home at the author.
        NotAtHome = 1 "not-at-home",
        /// A disposition to a unit that is not at home at the author.
        TargetNotAtHome = 2 "target-not-at-home",
        /// The opener it names is not in the set.
        UnknownOpener = 3 "unknown-opener",
        /// The opener names another node as custodian.
        NotCustodian = 4 "not-custodian",
        /// The complaint was filed at another node.
        NotOrigin = 5 "not-origin",
        /// What it saw is not an origin event in the set.
        UnknownSeen = 6 "unknown-seen",
        /// It names an event that is not in the set.
        UnknownReference = 7 "unknown-reference",
        /// It does not continue its author's chain on this complaint.
        BrokenChain = 8 "broken-chain",
        /// It cites an older state of the registry than an earlier event of the same journal, or one yet to come.
        RegistryPosition = 9 "registry-position",
        /// The author was cut off before this position.
        CutOff = 10 "cut-off",
        /// Header or parts above the limits.
        Oversized = 11 "oversized",
        /// Its time is too far in the future.
        FutureTime = 12 "future-time",
        /// A change that only the hub writes.
        HubOnly = 13 "hub-only",
        /// The complaint's id does not derive from its author and nonce.
        ComplaintId = 14 "complaint-id",
        /// Its parts are not those that its header commits to.
        Parts = 15 "parts",
        /// The header's bytes cannot be read.
        Malformed = 16 "malformed",
        /// The author may not redact that event.
        NotAuthor = 17 "not-author",
        /// It names no acting unit, or a node that is not in the registry.
        NoUnit = 18 "no-unit",
        /// Its header says that it stands in another journal, or elsewhere in this one.
        Misplaced = 19 "misplaced",
        /// Content that must be sealed came readable.
        Unsealed = 20 "unsealed",
        /// A double of a complaint that the hub does not know.
        UnknownMain = 21 "unknown-main",
        /// A double of a complaint that is a double itself.
        DoubleOfDouble = 22 "double-of-double",
        /// A node retires the unit that it is enrolled for.
        OwnUnit = 23 "own-unit",
    }
}

terms! {
    /// Why an event's precondition did not hold.
    Refusal {
        /// A transfer or return is under way.
        Pending = 1 "pending",
        /// The complaint is not open.
        NotOpen = 2 "not-open",
        /// The complaint is not newly received.
        NotReceived = 3 "not-received",
        /// There is no response to confirm or close upon.
        NotAwaiting = 4 "not-awaiting",
        /// The complaint is neither closed nor archived.
        NotClosed = 5 "not-closed",
        /// The arbiter's assignment binds.
        Assigned = 6 "assigned",
        /// The unit holds the complaint already.
        ToSelf = 7 "to-self",
        /// It did not come by transfer or return, so there is nobody to return it to.
        NotReturnable = 8 "not-returnable",
        /// That proposal is not pending.
        NotPending = 9 "not-pending",
        /// That event is not late.
        NotLate = 10 "not-late",
        /// A change of that kind cannot be adopted.
        NotAdoptable = 11 "not-adoptable",
        /// The complaint exists already.
        Exists = 12 "exists",
        /// The author's node is not the custodian.
        NotCustodian = 13 "not-custodian",
        /// The complaint is not deferred.
        NotDeferred = 14 "not-deferred",
        /// The complaint is closed or archived.
        Ended = 15 "ended",
        /// It would be linked to itself.
        Itself = 16 "itself",
        /// The reporter has appealed already.
        Appealed = 17 "appealed",
        /// The reporter has withdrawn the complaint.
        Withdrawn = 18 "withdrawn",
        /// An answer was given.
        Answered = 19 "answered",
        /// More often than may be.
        TooOften = 20 "too-often",
        /// The two complaints were not linked.
        NotLinked = 21 "not-linked",
    }
}

terms! {
    /// What a detachable part holds.
    PartKind {
        /// Who the reporter is.
        Identity = 1 "identity",
        /// What the reporter tells.
        Narrative = 2 "narrative",
        /// What an officer writes beside an action; also a response.
        Note = 3 "note",
        /// Where an attachment lies and its hash.
        Attachment = 4 "attachment",
        /// Who acted, by name.
        Author = 5 "author",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_lead_back() {
        for reason in Inadmissibility::ALL {
            assert_eq!(Inadmissibility::from_code(reason.code()), Some(*reason));
            assert_eq!(Inadmissibility::from_name(reason.name()), Some(*reason));
        }
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
            assert_eq!(Refusal::from_name(refusal.name()), Some(*refusal));
        }
        assert_eq!(Class::from_code(0), None);
    }
}
