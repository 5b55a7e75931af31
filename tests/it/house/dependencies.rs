//! What the programs are built from: one TLS, one provider of cryptography, licences that a government can accept. It
//! reads `cargo tree`, since the graph of `cargo metadata` also names optional crates that no build takes in.

use std::process::Command;

use super::sources::top;

/// Crates that no build may hold, and why.
const BANNED: [(&str, &str); 6] = [
    ("ring", "aws-lc-rs is the one provider of TLS cryptography"),
    ("openssl", "rustls is the one TLS"),
    ("openssl-sys", "rustls is the one TLS"),
    ("native-tls", "rustls is the one TLS"),
    ("rustls-pemfile", "it is unmaintained; rustls-pki-types reads PEM"),
    ("aws-lc-fips-sys", "aws-lc-sys is the one build of AWS-LC"),
];

/// Licences that may be mixed in; deny.toml has the same list.
const LICENCES: [&str; 9] =
    ["0BSD", "Apache-2.0", "BSD-3-Clause", "BlueOak-1.0.0", "CDLA-Permissive-2.0", "ISC", "MIT", "Unicode-3.0", "Zlib"];

/// The first h2 with the guard against floods of small frames.
const H2_LEAST: [u64; 3] = [0, 4, 20];

/// What is wrong with a tree of lines `name vVERSION …<tab>LICENCE`.
fn faults(tree: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut crates: Vec<(&str, &str, &str)> = tree
        .lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('\t')?;
            let (name, rest) = package.split_once(" v")?;
            Some((name, rest.split(' ').next()?, licence.trim_end_matches(" (*)")))
        })
        .collect();
    crates.sort_unstable();
    crates.dedup();
    let versions = |name: &str| -> Vec<&str> {
        crates.iter().filter(|(other, _, _)| *other == name).map(|(_, version, _)| *version).collect()
    };
    for (name, why) in BANNED {
        found.extend(versions(name).iter().map(|version| format!("{name} {version}: {why}")));
    }
    if versions("rustls").len() != 1 {
        found.push(format!("there must be one rustls, and there are {:?}", versions("rustls")));
    }
    let h2 = versions("h2");
    if h2.is_empty() || h2.iter().any(|version| numbers(version) < H2_LEAST) {
        found.push(format!("h2 must be {H2_LEAST:?} or later, and is {h2:?}"));
    }
    for (name, version, licence) in &crates {
        if !is_allowed(licence) {
            found.push(format!("{name} {version}: its licence is not on the list: {licence:?}"));
        }
    }
    found
}

fn numbers(version: &str) -> [u64; 3] {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().unwrap_or(0));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

/// Whether an SPDX expression can be met from the list. The old `MIT/Apache-2.0` means either.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (allowed, rest) = either(&words);
    allowed && rest.is_empty()
}

fn either<'a>(words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
    let (mut allowed, mut rest) = both(words);
    while let Some((&"OR", others)) = rest.split_first() {
        let (next, after) = both(others);
        (allowed, rest) = (allowed || next, after);
    }
    (allowed, rest)
}

fn both<'a>(words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
    let (mut allowed, mut rest) = one(words);
    while let Some((&"AND", others)) = rest.split_first() {
        let (next, after) = one(others);
        (allowed, rest) = (allowed && next, after);
    }
    (allowed, rest)
}

fn one<'a>(words: &'a [&'a str]) -> (bool, &'a [&'a str]) {
    match words {
        ["(", inner @ ..] => {
            let (allowed, rest) = either(inner);
            match rest {
                [")", after @ ..] => (allowed, after),
                _ => (false, rest),
            }
        }
        [_, "WITH", _, rest @ ..] => (false, rest),
        [licence, rest @ ..] => (LICENCES.contains(licence), rest),
        [] => (false, words),
    }
}

#[test]
fn second_tls_or_foreign_licence_comes_in() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--locked", "--offline", "--edges", "normal,build,dev"])
        .args(["--prefix", "none", "--format", "{p}\t{l}"])
        .current_dir(top())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.lines().count() > 100, "cargo tree names too few crates:\n{tree}");
    let found = faults(&tree);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn doctored_tree_passes() {
    let good = "rustls v0.23.46\tMIT\nh2 v0.4.20\tMIT\nlintas v0.1.0 (/x)\tMIT OR Apache-2.0 (*)\n";
    assert_eq!(faults(good), Vec::<String>::new());
    for line in [
        "ring v0.17.14\tMIT",
        "openssl v0.10.1\tMIT",
        "openssl-sys v0.9.1\tMIT",
        "native-tls v0.2.1\tMIT",
        "rustls-pemfile v2.0.0\tMIT",
        "aws-lc-fips-sys v0.13.0\tMIT",
        "rustls v0.22.0\tMIT",
        "h2 v0.4.9\tMIT",
        "h2 v0.3.26\tMIT",
        "some v1.0.0\tGPL-3.0-only",
        "some v1.0.0\tMIT AND GPL-3.0-only",
        "some v1.0.0\t",
        "some v1.0.0\tMIT GPL-3.0-only",
        "some v1.0.0\tApache-2.0 WITH Some-exception",
    ] {
        assert_eq!(faults(&format!("{good}{line}\n")).len(), 1, "{line}");
    }
    assert_eq!(faults("h2 v0.4.20\tMIT\n").len(), 1, "no rustls at all");
    for licence in
        ["MIT/GPL-2.0", "GPL-2.0 OR (MIT AND ISC)", "(MIT OR GPL-2.0) AND Unicode-3.0", "Apache-2.0 WITH X OR MIT"]
    {
        assert!(is_allowed(licence), "{licence}");
    }
}

#[test]
fn licence_is_on_one_list_only() {
    let deny: toml::Table = std::fs::read_to_string(top().join("deny.toml")).unwrap().parse().unwrap();
    let listed: Vec<&str> =
        deny["licenses"]["allow"].as_array().unwrap().iter().map(|licence| licence.as_str().unwrap()).collect();
    assert_eq!(listed, LICENCES);
}
