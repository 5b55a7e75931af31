//! Reads the paths that a source file names: imports, calls, types, attributes, the insides of macros. It resolves them
//! from the crate's root and judges nothing. It sees tokens, so a path that only a macro puts together escapes it.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use super::sources::Source;

/// A path that is named somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The path; its first segment is a crate, or something local.
    pub(crate) path: Vec<String>,
    /// Whether it stands in code for tests only.
    pub(crate) test: bool,
}

/// A call of a function or a macro.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// The line, from 1.
    pub(crate) line: usize,
    /// The last name of its path.
    pub(crate) name: String,
    /// `!` for a macro, `(` for a function or a method.
    pub(crate) mark: char,
    /// Whether it stands in code for tests only.
    pub(crate) test: bool,
}

/// What a file names.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// Its paths of two segments and more, and all that it imports.
    pub(crate) paths: Vec<Named>,
    /// What it calls.
    pub(crate) calls: Vec<Call>,
    /// Modules in other files that are for tests only.
    pub(crate) test_modules: Vec<Vec<String>>,
}

/// Reads a file; `test` says that all of it is for tests.
pub(crate) fn read(source: &Source, test: bool) -> Result<Read, String> {
    let tokens: TokenStream = source.text.parse().map_err(|error| format!("{}: {error}", source.path))?;
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut reader = Reader { krate: source.krate.name(), aliases: BTreeMap::new(), read: Read::default() };
    // Once to learn what the imports are called, once more to see through those names.
    reader.walk(&tokens, &source.module, test);
    reader.read = Read::default();
    reader.walk(&tokens, &source.module, test);
    Ok(reader.read)
}

struct Reader<'a> {
    krate: &'a str,
    aliases: BTreeMap<String, Vec<String>>,
    read: Read,
}

impl Reader<'_> {
    fn walk(&mut self, tokens: &[TokenTree], module: &[String], mut test: bool) {
        let mut outer = test;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    let inner = is_punct(tokens.get(at + 1), '!');
                    if let Some(TokenTree::Group(group)) = tokens.get(at + 1 + usize::from(inner)) {
                        let words: Vec<TokenTree> = group.stream().into_iter().collect();
                        test |= is_for_tests(&words);
                        outer |= inner && test;
                        self.walk(&words, module, test);
                        at += 1 + usize::from(inner);
                    }
                    at += 1;
                }
                TokenTree::Punct(punct) => {
                    if punct.as_char() == ';' {
                        test = outer;
                    }
                    at += 1;
                }
                TokenTree::Group(group) => {
                    let words: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.walk(&words, module, test);
                    if group.delimiter() == Delimiter::Brace {
                        test = outer;
                    }
                    at += 1;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    let inside =
                        tokens.get(at + 1).map(|name| [module, &[name.to_string()]].concat()).unwrap_or_default();
                    match tokens.get(at + 2) {
                        Some(TokenTree::Group(group)) => {
                            let words: Vec<TokenTree> = group.stream().into_iter().collect();
                            self.walk(&words, &inside, test);
                        }
                        _ if test => self.read.test_modules.push(inside),
                        _ => {}
                    }
                    test = outer;
                    at += 3;
                }
                TokenTree::Ident(word) if word == "use" && !is_punct(tokens.get(at + 1), '<') => {
                    let end = tokens
                        .iter()
                        .skip(at)
                        .position(|token| is_punct(Some(token), ';'))
                        .map_or(tokens.len(), |n| at + n);
                    self.import(&tokens[at + 1..end], &[], module, test);
                    at = end;
                }
                TokenTree::Ident(word) => {
                    let line = word.span().start().line;
                    let (path, next) = path_at(tokens, at);
                    let called = match (tokens.get(next), tokens.get(next + 1)) {
                        (Some(TokenTree::Punct(punct)), Some(TokenTree::Group(_))) if punct.as_char() == '!' => {
                            Some('!')
                        }
                        (Some(TokenTree::Group(group)), _) if group.delimiter() == Delimiter::Parenthesis => Some('('),
                        _ => None,
                    };
                    if let Some((mark, name)) = called.zip(path.last()) {
                        self.read.calls.push(Call { line, name: name.clone(), mark, test });
                    }
                    if path.len() > 1 {
                        let path = self.resolve(path, module);
                        self.read.paths.push(Named { line, path, test });
                    } else if word == "crate" && is_word(tokens.get(at.wrapping_sub(1)), "extern") {
                        let path = tokens.get(at + 1).map(|name| vec![name.to_string()]).unwrap_or_default();
                        self.read.paths.push(Named { line, path, test });
                    }
                    at = next;
                }
                TokenTree::Literal(_) => at += 1,
            }
        }
    }

    /// One import tree: `a::b`, `a::{b, c::*}`, `a as b`.
    fn import(&mut self, tokens: &[TokenTree], prefix: &[String], module: &[String], test: bool) {
        for branch in tokens.split(|token| is_punct(Some(token), ',')) {
            let start = branch.iter().position(|token| !is_punct(Some(token), ':')).unwrap_or(branch.len());
            let Some(first) = branch.get(start) else { continue };
            let line = first.span().start().line;
            let (tail, next) = path_at(branch, start);
            let path = [prefix, &tail].concat();
            if let Some(TokenTree::Group(group)) =
                branch.iter().skip(start).find(|token| matches!(token, TokenTree::Group(_)))
            {
                let words: Vec<TokenTree> = group.stream().into_iter().collect();
                self.import(&words, &path, module, test);
                continue;
            }
            let mut path = self.resolve(path, module);
            if path.last().is_some_and(|last| last == "self") {
                path.pop();
            }
            let alias = branch.get(next + 1).filter(|_| is_word(branch.get(next), "as")).map(ToString::to_string);
            if let Some(name) = alias.or_else(|| path.last().cloned())
                && path.len() > 1
            {
                self.aliases.insert(name, path.clone());
            }
            self.read.paths.push(Named { line, path, test });
        }
    }

    /// The path from a crate's name on.
    fn resolve(&self, path: Vec<String>, module: &[String]) -> Vec<String> {
        let root = vec![self.krate.to_owned()];
        match path.first().map(String::as_str) {
            Some("crate") => [root, path[1..].to_vec()].concat(),
            Some("self" | "super") => {
                let mut here = module.to_vec();
                let mut rest = path.as_slice();
                while let Some((first, others)) =
                    rest.split_first().filter(|(first, _)| ["self", "super"].contains(&first.as_str()))
                {
                    if first == "super" {
                        here.pop();
                    } else if others.is_empty() {
                        break;
                    }
                    rest = others;
                }
                [root, here, rest.to_vec()].concat()
            }
            Some(first) => match self.aliases.get(first) {
                Some(meant) => [meant.clone(), path[1..].to_vec()].concat(),
                None => path,
            },
            None => path,
        }
    }
}

/// The words joined by `::` from `at` on, and where they end.
fn path_at(tokens: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let mut path = Vec::new();
    let mut at = at;
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        path.push(word.to_string().trim_start_matches("r#").to_owned());
        at += 1;
        let joined = matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
        if !(joined && is_punct(tokens.get(at + 1), ':') && matches!(tokens.get(at + 2), Some(TokenTree::Ident(_)))) {
            break;
        }
        at += 2;
    }
    (path, at)
}

/// Whether an attribute makes an item one for tests only: `test`, `tokio::test`, `cfg(test)`, `cfg(all(test, …))`.
fn is_for_tests(words: &[TokenTree]) -> bool {
    let (path, next) = path_at(words, 0);
    match (path.first().map(String::as_str), words.get(next)) {
        (Some("cfg"), Some(TokenTree::Group(group))) => {
            let text = group.stream().to_string();
            let mut said = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            said.clone().any(|word| word == "test") && !said.any(|word| ["any", "not"].contains(&word))
        }
        _ => path.last().is_some_and(|last| last == "test"),
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_word(token: Option<&TokenTree>, wanted: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(word)) if word == wanted)
}
