//! The closed word lists of the domain, in words: which list a word is of, and so what its code is. It adds no word.

use super::catalogue;
use super::language::Language;
use crate::domain::category_tree::Tier;
use crate::domain::routing::{Ground, Obstacle};
use crate::domain::{
    AccountRole, Cause, Change, Channel, Class, DisplayState, Inadmissibility, MoveRefusal, NoticeFault, NoticeState,
    PartKind, Reason, Refusal, Step, Verdict, Visibility,
};

/// A word of one of the domain's lists. Its code is the list's name, a dot, and its own name.
pub trait Word {
    /// The list's name.
    const LIST: &'static str;

    /// Its name within the list, as on the command line and in JSON.
    fn word(&self) -> &'static str;

    /// The stable code of its text.
    fn text_code(&self) -> String {
        format!("{}.{}", Self::LIST, self.word())
    }

    /// What people call it.
    fn in_words(&self, language: Language) -> &'static str {
        catalogue::text(&self.text_code(), language).unwrap_or_else(|| self.word())
    }
}

macro_rules! words {
    ($($list:literal $type:ty,)+) => {
        $(impl Word for $type {
            const LIST: &'static str = $list;

            fn word(&self) -> &'static str {
                self.name()
            }
        })+
    };
}

words! {
    "account-role" AccountRole,
    "cause" Cause,
    "channel" Channel,
    "class" Class,
    "inadmissible" Inadmissibility,
    "move-refusal" MoveRefusal,
    "notice-fault" NoticeFault,
    "notice-state" NoticeState,
    "notice-step" Step,
    "part" PartKind,
    "reason" Reason,
    "refusal" Refusal,
    "route" Ground,
    "route-left-out" Obstacle,
    "state" DisplayState,
    "tier" Tier,
    "verdict" Verdict,
    "visibility" Visibility,
}

impl Word for Change {
    const LIST: &'static str = "change";

    fn word(&self) -> &'static str {
        self.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<W: Word>(words: &[W]) {
        for word in words {
            for language in Language::ALL {
                let code = word.text_code();
                assert!(catalogue::text(&code, language).is_some(), "{code} has no text in {language}");
            }
        }
    }

    #[test]
    fn word_of_the_domain_has_no_text() {
        check(AccountRole::ALL);
        check(Cause::ALL);
        check(Channel::ALL);
        check(Class::ALL);
        check(Inadmissibility::ALL);
        check(MoveRefusal::ALL);
        check(PartKind::ALL);
        check(Reason::ALL);
        check(Refusal::ALL);
        check(Ground::ALL);
        check(Obstacle::ALL);
        check(DisplayState::ALL);
        check(Tier::ALL);
        check(Visibility::ALL);
        check(NoticeFault::ALL);
        check(NoticeState::ALL);
        check(Step::ALL);
        let verdicts = (0..=u8::MAX).flat_map(|code| (0..=1).filter_map(move |why| Verdict::from_codes(code, why)));
        check(&verdicts.collect::<Vec<_>>());
    }

    /// Every name in the match of `Change::name` has a text, and no text of a change is of none.
    #[test]
    fn change_has_no_text() {
        let source = include_str!("../domain/event.rs");
        let names: Vec<&str> = source
            .split("pub const fn name(&self)")
            .nth(1)
            .unwrap()
            .lines()
            .filter_map(|line| line.split_once("=> \"")?.1.split_once('"'))
            .map(|(name, _)| name)
            .collect();
        assert!(names.len() > 25, "{names:?}");
        for name in names {
            for language in Language::ALL {
                assert!(catalogue::text(&format!("change.{name}"), language).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn answer_of_the_desk_has_no_text() {
        let codes = |source: &'static str, before: &'static str| {
            let after = source.split(before).skip(1);
            after.filter_map(|rest| rest.split_once('"')).map(|(code, _)| code).collect::<Vec<_>>()
        };
        let desk = codes(include_str!("../desk/error.rs"), "=> \"desk.");
        let faults = codes(include_str!("../link/message.rs"), "Self::Fork => \"");
        let accounts = codes(include_str!("../accounts/error.rs"), "=> \"account.");
        assert!(desk.len() > 30 && faults.len() == 1 && accounts.len() > 15);
        let accounts = accounts.iter().map(|code| format!("account.{code}"));
        let desk = desk.iter().map(|code| format!("desk.{code}")).chain(accounts);
        for code in desk.chain(faults.iter().map(|f| format!("fault.{f}"))) {
            assert!(catalogue::text(&code, Language::Indonesian).is_some(), "{code} has no text");
        }
    }
}
