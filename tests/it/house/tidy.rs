//! What every source file looks like: it opens with what it owns, leaves nothing to do, and its tests do not sleep.

use super::paths::read;
use super::sources::{Krate, Source, rust_files, sources};

/// What is wrong with a file; `for_tests` says that all of it is for tests.
fn untidy(path: &str, text: &str, for_tests: bool) -> Vec<String> {
    let mut found = Vec::new();
    let head = text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
    if head.len() < 10 {
        found.push(format!("{path}:1: it opens with a //! line that says what it owns and what it must not do"));
    }
    let source = Source { path: path.to_owned(), krate: Krate::Library, module: Vec::new(), text: text.to_owned() };
    for call in read(&source, for_tests).unwrap().calls {
        let at = format!("{path}:{}", call.line);
        match (call.name.as_str(), call.mark) {
            ("todo" | "unimplemented", '!') => found.push(format!("{at}: what is left to do is an issue, not a panic")),
            ("sleep" | "sleep_until", '(') if call.test => {
                found.push(format!("{at}: a test waits for the thing itself, not for time to pass"));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn file_does_not_say_what_it_is() {
    let programs = sources().into_iter().map(|source| (source.path, source.text, false));
    let tests = rust_files("tests").into_iter().map(|(path, text)| (path, text, true));
    let files: Vec<_> =
        programs.chain(tests).chain(rust_files("build.rs").into_iter().map(|(p, t)| (p, t, false))).collect();
    let found: Vec<String> = files.iter().flat_map(|(path, text, test)| untidy(path, text, *test)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    for path in ["build.rs", "src/lib.rs", "hub/src/main.rs", "regional-node/src/main.rs", "tests/it/house/tidy.rs"] {
        assert!(files.iter().any(|(other, _, _)| other == path), "the check did not see {path}");
    }
}

#[test]
fn untidy_file_passes() {
    let head = "//! What it owns.\n";
    for (text, test) in [
        ("fn f() {}", false),
        ("\n//! What it owns.", false),
        ("//!\n", false),
        ("//! What it owns.\nfn f() { todo!() }", false),
        ("//! What it owns.\nfn f() { core::unimplemented!(\"later\") }", false),
        ("//! What it owns.\nfn f() { std::thread::sleep(x) }", true),
        ("//! What it owns.\n#[cfg(test)] mod tests { async fn f() { sleep(x).await } }", false),
        ("//! What it owns.\n#[tokio::test] async fn f() { tokio::time::sleep(x).await }", false),
    ] {
        assert_eq!(untidy("x.rs", text, test).len(), 1, "{text}");
    }
    let fine = "// todo!()\nasync fn f() { tokio::time::sleep(x).await; let a = todo != b; }";
    assert_eq!(untidy("x.rs", &format!("{head}{fine}"), false), Vec::<String>::new());
}
