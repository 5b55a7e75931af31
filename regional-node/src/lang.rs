//! Which language answers are given in.

use std::env;

/// The languages of answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lang {
    /// English.
    English,
    /// Indonesian.
    Indonesian,
}

impl Lang {
    /// What `--lang` says or, without it, the environment.
    pub(crate) fn choose(flag: Option<&str>) -> Self {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let environment = variables.iter().find_map(|name| env::var(name).ok().filter(|value| !value.is_empty()));
        Self::of(flag.or(environment.as_deref()))
    }

    fn of(name: Option<&str>) -> Self {
        if name.is_some_and(|name| name == "id" || name.starts_with("id_")) { Self::Indonesian } else { Self::English }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_language_is_taken_for_indonesian() {
        assert_eq!(Lang::of(Some("id_ID.UTF-8")), Lang::Indonesian);
        assert_eq!(Lang::of(Some("id")), Lang::Indonesian);
        assert_eq!(Lang::of(Some("ido_XX")), Lang::English);
        assert_eq!(Lang::of(Some("C.UTF-8")), Lang::English);
        assert_eq!(Lang::of(None), Lang::English);
    }
}
