//! That the papers tell the truth about the sources: what they name exists, every folder is on the map, every promise has its
//! tests. It reads Markdown and Rust and runs nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::sources::{rust_files, top};

const MAP: &str = "ARCHITECTURE.md";
const GUARANTEES: &str = "docs/GUARANTEES.md";
const LOGGING: &str = "docs/LOGGING.md";
/// The conformance suite: cases are functions in its files, and tests by being listed in its macro.
const SUITE: &str = "src/store/conformance/";
/// Promises of DESIGN.md that a later issue keeps: they may be without a test, and say so.
const NOT_YET: [usize; 1] = [8];
const PROMISES: usize = 11;

/// What a paper names in backquotes: `path` or `path.rs: name`.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    line: usize,
    path: &'a str,
    name: Option<&'a str>,
}

/// Everything in backquotes that is a path of the repository; fenced blocks are commands and pictures.
fn named(paper: &str) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (line, text) in (1..).zip(paper.lines()) {
        if text.starts_with("```") {
            fenced = !fenced;
        }
        for span in text.split('`').skip(1).step_by(2).filter(|_| !fenced) {
            if let Some((path, name)) = span.split_once(".rs: ") {
                found.push(Named { line, path: &span[..path.len() + 3], name: Some(name) });
            } else if span.contains('/') && !span.contains([' ', '<', ':', '*']) && !span.starts_with('/') {
                found.push(Named { line, path: span, name: None });
            }
        }
    }
    found
}

/// What a Rust file holds.
#[derive(Debug, Default)]
struct Defined {
    names: BTreeSet<String>,
    tests: BTreeSet<String>,
    words: BTreeSet<String>,
}

fn defined(text: &str) -> Defined {
    let mut found = Defined::default();
    look(text.parse().unwrap(), &mut found);
    found
}

fn look(tokens: TokenStream, found: &mut Defined) {
    let (mut keyword, mut is_test, mut hash) = (None::<String>, false, false);
    for token in tokens {
        let after_hash = std::mem::take(&mut hash);
        match token {
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                if let Some(keyword) = keyword.take() {
                    found.names.insert(word.clone());
                    if keyword == "fn" && std::mem::take(&mut is_test) {
                        found.tests.insert(word.clone());
                    }
                }
                let opens =
                    ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"].contains(&word.as_str());
                keyword = opens.then(|| word.clone());
                found.words.insert(word);
            }
            TokenTree::Punct(punct) => hash = punct.as_char() == '#',
            TokenTree::Group(group) => {
                if after_hash && group.delimiter() == Delimiter::Bracket {
                    is_test |= marks_a_test(group.stream());
                } else if group.delimiter() == Delimiter::Brace {
                    is_test = false;
                }
                look(group.stream(), found);
            }
            TokenTree::Literal(_) => {}
        }
    }
}

/// Whether an attribute is `test` or a path that ends in it.
fn marks_a_test(attribute: TokenStream) -> bool {
    let path = attribute.into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
    path.filter_map(|token| if let TokenTree::Ident(ident) = token { Some(ident.to_string()) } else { None })
        .last()
        .is_some_and(|last| last == "test")
}

/// What a paper says that is not so. `files` are the sources; `exists` says whether a path does.
fn lies(
    paper: &str,
    text: &str,
    files: &BTreeMap<String, Defined>,
    exists: impl Fn(&str) -> bool,
    tests_only: bool,
) -> Vec<String> {
    let mut found = Vec::new();
    for Named { line, path, name } in named(text) {
        let Some(name) = name else {
            if !exists(path) {
                found.push(format!("{paper}:{line}: there is no {path}"));
            }
            continue;
        };
        let Some(file) = files.get(path) else {
            found.push(format!("{paper}:{line}: there is no {path}"));
            continue;
        };
        let listed = || files.get(&format!("{SUITE}mod.rs")).is_some_and(|suite| suite.words.contains(name));
        let is_test = file.tests.contains(name) || path.starts_with(SUITE) && file.names.contains(name) && listed();
        if tests_only && !is_test {
            found.push(format!("{paper}:{line}: {path} has no test {name}"));
        } else if !name.split("::").all(|part| file.names.contains(part)) {
            found.push(format!("{paper}:{line}: {path} does not define {name}"));
        }
    }
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn sources() -> BTreeMap<String, Defined> {
    let folders = ["src", "hub/src", "regional-node/src", "tests", "build.rs"];
    folders.into_iter().flat_map(rust_files).map(|(path, text)| (path, defined(&text))).collect()
}

#[test]
fn paper_names_what_is_not_there() {
    let files = sources();
    for (paper, tests_only) in [(MAP, false), (GUARANTEES, true)] {
        let text = read(paper);
        let found = lies(paper, &text, &files, |path| top().join(path).exists(), tests_only);
        assert!(found.is_empty(), "{}", found.join("\n"));
        assert!(named(&text).iter().filter(|named| named.name.is_some()).count() > 40, "{paper} names hardly anything");
    }
    let found = lies(LOGGING, &read(LOGGING), &files, |path| top().join(path).exists(), false);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn folder_is_missing_from_the_map() {
    let text = read(MAP);
    let mapped: BTreeSet<&str> = named(&text).into_iter().map(|named| named.path).collect();
    let folder = |path: &String| format!("{}/", path.rsplit_once('/').map_or("", |(folder, _)| folder));
    let missing: BTreeSet<String> = sources()
        .keys()
        .filter(|path| path.contains('/'))
        .map(folder)
        .filter(|path| !mapped.contains(&**path))
        .collect();
    assert!(missing.is_empty(), "{MAP} has no line for {missing:?}");
}

#[test]
fn promise_has_no_test() {
    let text = read(GUARANTEES);
    let sections: Vec<&str> = text.split("\n## ").skip(1).filter(|part| part.starts_with(char::is_numeric)).collect();
    let numbers: Vec<usize> = sections.iter().map(|part| part.split('.').next().unwrap().parse().unwrap()).collect();
    assert_eq!(numbers, (1..=PROMISES).collect::<Vec<_>>());
    for (number, section) in numbers.into_iter().zip(sections) {
        let tests = named(section).iter().filter(|named| named.name.is_some()).count();
        let said = NOT_YET.contains(&number) && section.contains("not there yet");
        assert!(tests > 0 || said, "promise {number} names no test");
    }
}

#[test]
fn link_between_papers_leads_nowhere() {
    let mut papers: Vec<PathBuf> = [
        "README.md",
        MAP,
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "certs/README.md",
        "data/README.md",
        "deploy/docker/README.md",
    ]
    .map(PathBuf::from)
    .to_vec();
    for folder in ["docs", "docs/adr", "docs/id"] {
        let entries = fs::read_dir(top().join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        papers.extend(entries.map(|name| Path::new(folder).join(name)).filter(|path| path.extension().is_some()));
    }
    let mut found = Vec::new();
    let mut seen = 0;
    for paper in papers {
        let text = read(paper.to_str().unwrap());
        for target in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if target.is_empty() || target.contains("://") {
                continue;
            }
            seen += 1;
            let there = top().join(paper.parent().unwrap()).join(target);
            let up = Path::new(target).components().filter(|part| *part == Component::ParentDir).count();
            if !there.exists() || up >= paper.components().count() {
                found.push(format!("{}: {target}", paper.display()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen > 10, "the check saw only {seen} links");
}

#[test]
fn lie_passes() {
    let text =
        "struct Desk; impl Desk { fn take() {} }\n#[tokio::test(flavor = \"x\")]\n#[expect(x)]\nasync fn slips() {}
        #[cfg(test)] mod t { fn helper() {} } // fn commented() {}\nproptest! { #[test] fn inner(a in 0..1) {} }";
    let mut files = BTreeMap::from([("a/b.rs".to_owned(), defined(text))]);
    files.insert(format!("{SUITE}x.rs"), defined("pub(super) async fn case() {} fn unlisted() {}"));
    files.insert(format!("{SUITE}mod.rs"), defined("suite! { x: case; }"));
    let exists = |path: &str| path == "a/";
    let said = |paper: &str, tests_only| lies("p.md", paper, &files, exists, tests_only).len();
    for fine in ["`a/b.rs: take`", "`a/b.rs: Desk::take`", "`a/`", "`take`", "```\n`c/d`\n```", "`/etc/x`"] {
        assert_eq!(said(fine, false), 0, "{fine}");
    }
    for lie in ["`a/b.rs: give`", "`a/b.rs: Office::take`", "`a/c.rs: take`", "`c/`", "`a/b.rs: commented`"] {
        assert_eq!(said(lie, false), 1, "{lie}");
    }
    for fine in ["`a/b.rs: slips`", "`a/b.rs: inner`", "`src/store/conformance/x.rs: case`"] {
        assert_eq!(said(fine, true), 0, "{fine}");
    }
    for lie in ["`a/b.rs: take`", "`a/b.rs: helper`", "`src/store/conformance/x.rs: unlisted`"] {
        assert_eq!(said(lie, true), 1, "{lie}");
    }
}
