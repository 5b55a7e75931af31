//! The tree of categories: groups, and below them the leaves that a complaint can be filed under, each with what follows
//! from it. Reading a file of them is done elsewhere; which unit is competent is `routing`'s.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::event::Category;
use super::spelling;
use super::terms::Class;

/// All categories by code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CategoryTree {
    entries: BTreeMap<Category, CategoryEntry>,
}

/// One category.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CategoryEntry {
    /// Its code.
    pub code: Category,
    /// The group it stands in; none at the top.
    pub parent: Option<Category>,
    /// Its name in Indonesian.
    pub indonesian: String,
    /// Its name in English.
    pub english: String,
    /// What a complaint under it is; none for a group.
    pub leaf: Option<Leaf>,
}

/// What follows from filing under a category.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// The class, unless whoever files it says otherwise.
    pub class: Class,
    /// Which rule of `data/deadlines.csv` the answer is due by.
    pub rule: AnswerRule,
    /// Whose matter it is.
    pub tier: Tier,
    /// The last part of the code of the unit that most often handles it.
    pub unit_word: String,
}

/// The rule of `data/deadlines.csv` that an answer is due by, named as there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AnswerRule {
    /// `response`: the general one of the class.
    General,
    /// `response-normative`: it only asks what the rules say.
    Normative,
}

impl AnswerRule {
    /// The moment's name in `data/deadlines.csv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::General => "response",
            Self::Normative => "response-normative",
        }
    }

    /// The rule of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::General, Self::Normative].into_iter().find(|rule| rule.name() == name)
    }
}

/// The lowest government whose matter it is (UU 23/2014, annex: which affairs are whose).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Tier {
    /// Cities and regencies, with their districts and villages.
    Local,
    /// Provinces.
    Province,
    /// The national government, wherever it has its offices.
    National,
}

impl Tier {
    /// Every tier, the lowest first.
    pub const ALL: &[Self] = &[Self::Local, Self::Province, Self::National];

    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Province => "province",
            Self::National => "national",
        }
    }

    /// The tier of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|tier| tier.name() == name)
    }
}

/// Why entries make no tree.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum TreeError {
    /// Two entries with one code.
    #[error("category {} stands there twice", .0.as_str())]
    Twice(Category),
    /// An entry in a group that is not there.
    #[error("category {} stands in a group that is not there", .0.as_str())]
    UnknownParent(Category),
    /// An entry that is above itself.
    #[error("category {} stands above itself", .0.as_str())]
    Loop(Category),
    /// A leaf with entries below it.
    #[error("category {} has a class, and yet others stand below it", .0.as_str())]
    LeafWithChildren(Category),
    /// A group with nothing below it.
    #[error("category {} has no class, and nothing stands below it", .0.as_str())]
    EmptyGroup(Category),
}

impl CategoryTree {
    /// Makes a tree of entries, in whatever order.
    ///
    /// # Errors
    /// Names the first entry that does not fit into one.
    pub fn new(all: impl IntoIterator<Item = CategoryEntry>) -> Result<Self, TreeError> {
        let mut entries = BTreeMap::new();
        for entry in all {
            let code = entry.code.clone();
            if entries.insert(code.clone(), entry).is_some() {
                return Err(TreeError::Twice(code));
            }
        }
        let tree = Self { entries };
        let groups: BTreeSet<&Category> = tree.entries.values().filter_map(|entry| entry.parent.as_ref()).collect();
        for (code, entry) in &tree.entries {
            if entry.parent.as_ref().is_some_and(|parent| !tree.entries.contains_key(parent)) {
                return Err(TreeError::UnknownParent(code.clone()));
            }
            // Whoever climbs as many steps as there are entries goes in a circle.
            if tree.ancestors(code).take(tree.entries.len()).count() == tree.entries.len() {
                return Err(TreeError::Loop(code.clone()));
            }
            match (entry.leaf.is_some(), groups.contains(code)) {
                (true, true) => return Err(TreeError::LeafWithChildren(code.clone())),
                (false, false) => return Err(TreeError::EmptyGroup(code.clone())),
                (true, false) | (false, true) => {}
            }
        }
        Ok(tree)
    }

    /// An entry, leaf or group.
    #[must_use]
    pub fn entry(&self, code: &Category) -> Option<&CategoryEntry> {
        self.entries.get(code)
    }

    /// All entries by code.
    pub fn entries(&self) -> impl Iterator<Item = &CategoryEntry> {
        self.entries.values()
    }

    /// What follows from filing under a category; none if it is a group or not there.
    #[must_use]
    pub fn leaf(&self, code: &Category) -> Option<&Leaf> {
        self.entry(code)?.leaf.as_ref()
    }

    /// Whether complaints can be filed under it.
    #[must_use]
    pub fn is_leaf(&self, code: &Category) -> bool {
        self.leaf(code).is_some()
    }

    /// The group that a category stands in.
    #[must_use]
    pub fn parent(&self, code: &Category) -> Option<&Category> {
        self.entry(code)?.parent.as_ref()
    }

    /// The groups above a category, the nearest first.
    pub fn ancestors<'a>(&'a self, code: &Category) -> impl Iterator<Item = &'a Category> {
        std::iter::successors(self.parent(code), |group| self.parent(group))
    }

    /// Up to `most` categories that can be filed under, whose code or either name is spelt most like a text, the nearest first;
    /// among equals by code.
    #[must_use]
    pub fn nearest(&self, text: &str, most: usize) -> Vec<&CategoryEntry> {
        let apart = |entry: &CategoryEntry| {
            let names = [entry.code.as_str(), &entry.indonesian, &entry.english];
            names.into_iter().map(|name| spelling::from_name(text, name)).min()
        };
        let leaves = self.entries.values().filter(|entry| entry.leaf.is_some());
        let mut near: Vec<_> = leaves.map(|entry| (apart(entry), entry)).collect();
        near.sort_by(|(one, first), (other, second)| one.cmp(other).then_with(|| first.code.cmp(&second.code)));
        near.into_iter().map(|(_, entry)| entry).take(most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Category {
        Category::parse(text).unwrap()
    }

    fn entry(name: &str, parent: &str, leaf: bool) -> CategoryEntry {
        let leaf = leaf.then(|| Leaf {
            class: Class::Complaint,
            rule: AnswerRule::General,
            tier: Tier::Local,
            unit_word: "setda".to_owned(),
        });
        let names = [name.to_uppercase(), format!("the {name}")];
        let [indonesian, english] = names;
        CategoryEntry { code: code(name), parent: Category::parse(parent), indonesian, english, leaf }
    }

    fn tree(entries: &[(&str, &str, bool)]) -> Result<CategoryTree, TreeError> {
        CategoryTree::new(entries.iter().map(|(name, parent, leaf)| entry(name, parent, *leaf)))
    }

    #[test]
    fn category_file_makes_no_tree() {
        assert_eq!(tree(&[("a", "", true), ("a", "", true)]), Err(TreeError::Twice(code("a"))));
        assert_eq!(tree(&[("a", "b", true)]), Err(TreeError::UnknownParent(code("a"))));
        assert_eq!(tree(&[("a", "b", false), ("b", "a", false)]), Err(TreeError::Loop(code("a"))));
        assert_eq!(tree(&[("a", "a", false)]), Err(TreeError::Loop(code("a"))));
        assert_eq!(tree(&[("a", "", true), ("b", "a", true)]), Err(TreeError::LeafWithChildren(code("a"))));
        assert_eq!(tree(&[("a", "", false)]), Err(TreeError::EmptyGroup(code("a"))));
        assert!(tree(&[("a", "", true)]).is_ok());
    }

    #[test]
    fn complaint_is_filed_under_a_group() {
        let tree = tree(&[("road", "", false), ("city", "road", false), ("lane", "city", true)]).unwrap();
        assert!(!tree.is_leaf(&code("road")) && !tree.is_leaf(&code("no")) && tree.is_leaf(&code("lane")));
        assert_eq!(tree.parent(&code("lane")), Some(&code("city")));
        assert_eq!(tree.ancestors(&code("lane")).collect::<Vec<_>>(), [&code("city"), &code("road")]);
    }

    #[test]
    fn group_or_far_word_is_offered_for_a_misspelt_one() {
        let leaves =
            [("roads", "", false), ("road", "roads", true), ("drain", "roads", true), ("waste", "roads", true)];
        let tree = tree(&leaves).unwrap();
        let near = |text: &str, most| tree.nearest(text, most).iter().map(|e| e.code.as_str()).collect::<Vec<_>>();
        assert_eq!(near("roads", 1), ["road"]);
        assert_eq!(near("Watse", 3), ["waste", "drain", "road"]);
        assert_eq!(near("x", 9).len(), 3);
    }
}
