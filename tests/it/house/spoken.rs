//! That the commands which papers give to people exist: each is looked up in the program's own help, with its options. It runs
//! nothing but `--help`.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lintas_tests::programs;

use super::sources::top;

/// The papers that people follow word by word.
const PAPERS: [&str; 7] = [
    "README.md",
    "SECURITY.md",
    "certs/README.md",
    "deploy/docker/README.md",
    "docs/OPERATIONS.md",
    "docs/id/administrator.md",
    "docs/id/pejabat-penghubung.md",
];
/// Programs that speak of a package, an account or a service, not of ours.
const OTHERS: [&str; 7] = ["apt", "systemctl", "journalctl", "userdel", "chown", "rm", "ln"];
/// Options of every command that take a value.
const WITH_VALUE: [&str; 5] = ["--data", "--config", "--set", "--lang", "--database"];

/// A command as a paper gives it: the program's name, its words, its options.
#[derive(Debug, PartialEq, Eq)]
struct Spoken {
    program: &'static str,
    words: Vec<String>,
    options: Vec<String>,
}

/// Everything in a paper that is set as code: spans, and lines of fenced blocks.
fn code(paper: &str) -> Vec<(usize, String)> {
    let (mut found, mut fenced) = (Vec::new(), false);
    for (line, text) in (1..).zip(paper.lines()) {
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push((line, text.split(" # ").next().unwrap().trim().to_owned()));
        } else {
            found.extend(text.split('`').skip(1).step_by(2).map(|span| (line, span.to_owned())));
        }
    }
    found
}

/// The command of ours in a piece of code, if there is one.
fn spoken(code: &str) -> Option<Spoken> {
    let code = code.split([';', '&']).next().unwrap();
    let tokens = tokens(code.split(['<', '>', '|']).next().unwrap());
    let at = tokens.iter().position(|token| !["sudo", "$"].contains(&token.as_str()))?;
    if OTHERS.contains(&tokens[at].as_str()) {
        return None;
    }
    let (program, mut rest) = if tokens[at] == "docker" && tokens.iter().any(|token| token == "run") {
        in_container(&tokens)?
    } else {
        let last = tokens.iter().rposition(|token| ["lintas-hub", "lintas-node"].contains(&token.as_str()))?;
        let program = if tokens[last] == "lintas-hub" { "lintas-hub" } else { "lintas-node" };
        (program, tokens[last + 1..].to_vec())
    };
    let (mut words, mut options) = (Vec::new(), Vec::new());
    while !rest.is_empty() {
        let token = rest.remove(0);
        if WITH_VALUE.contains(&token.as_str()) && !rest.is_empty() {
            rest.remove(0);
        }
        if token.starts_with("--") { options.push(token) } else { words.push(token) }
    }
    words.first().filter(|word| is_command(word))?;
    Some(Spoken { program, words, options })
}

/// `docker compose run --rm -T hub …` is the hub's program, and of every other service a node's.
fn in_container(tokens: &[String]) -> Option<(&'static str, Vec<String>)> {
    let run = tokens.iter().position(|token| token == "run")?;
    if tokens.iter().any(|token| token == "--entrypoint") {
        return None;
    }
    let service = run + 1 + tokens[run + 1..].iter().position(|token| !token.starts_with('-'))?;
    let program = if tokens[service] == "hub" { "lintas-hub" } else { "lintas-node" };
    Some((program, tokens[service + 1..].to_vec()))
}

fn is_command(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

/// The words of a line; what stands in quotes is one.
fn tokens(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, part) in code.split('"').enumerate() {
        if number % 2 == 1 {
            found.push(part.to_owned());
        } else {
            found.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    found
}

/// The help of both programs, asked once for each command.
struct Helps {
    programs: BTreeMap<&'static str, PathBuf>,
    said: BTreeMap<(&'static str, Vec<String>), Option<String>>,
}

impl Helps {
    fn new() -> Self {
        let programs = [("lintas-hub", programs::hub().unwrap()), ("lintas-node", programs::node().unwrap())];
        Self { programs: programs.into(), said: BTreeMap::new() }
    }

    /// What `PROGRAM WORD… --help` says; none if there is no such command.
    fn of(&mut self, program: &'static str, words: &[String]) -> Option<String> {
        let path = &self.programs[program];
        let key = (program, words.to_vec());
        let said = self.said.entry(key).or_insert_with(|| {
            let mut command = Command::new(path);
            command.args(words).arg("--help").env_clear().env("COLUMNS", "1000");
            let output = command.output().unwrap();
            output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
        });
        said.clone()
    }

    /// What is wrong with a command, if something is.
    fn lie(&mut self, spoken: &Spoken) -> Option<String> {
        let (first, second) = (&spoken.words[..1], spoken.words.get(..2));
        let Some(mut help) = self.of(spoken.program, first) else {
            return Some(format!("{} has no command {}", spoken.program, first[0]));
        };
        if let Some(second) = second.filter(|words| help.contains("\nCommands:") && is_command(&words[1])) {
            let Some(inner) = self.of(spoken.program, second) else {
                return Some(format!("{} has no command {}", spoken.program, second.join(" ")));
            };
            help = inner;
        }
        let missing = |option: &&String| {
            let name = option.split('=').next().unwrap();
            let known = |word: &str| word.trim_end_matches([',', '.']) == name;
            !help.split_whitespace().any(known)
        };
        let option = spoken.options.iter().find(missing)?;
        Some(format!("{} {} does not take {option}", spoken.program, spoken.words[0]))
    }
}

#[test]
fn command_in_a_paper_does_not_exist() {
    let (mut helps, mut lies, mut seen) = (Helps::new(), Vec::new(), 0);
    for paper in PAPERS {
        let text = fs::read_to_string(top().join(paper)).unwrap();
        for (line, spoken) in code(&text).into_iter().filter_map(|(line, code)| Some((line, spoken(&code)?))) {
            seen += 1;
            lies.extend(helps.lie(&spoken).map(|lie| format!("{paper}:{line}: {lie}")));
        }
    }
    assert!(lies.is_empty(), "{}", lies.join("\n"));
    assert!(seen > 90, "the check saw only {seen} commands");
}

#[test]
fn lie_about_a_command_passes() {
    let mut helps = Helps::new();
    for fine in [
        "sudo -u lintas-hub lintas-hub enrol 13.71 --request FILE --out BUNDLE",
        "lintas-node --data FOLDER file --category x --text \"zwei Worte --und kein Schalter\"",
        "docker compose run --rm -T padang join --bundle - < bundle.toml",
        "docker compose exec -T hub lintas-hub units import x.csv",
    ] {
        assert_eq!(helps.lie(&spoken(fine).unwrap()), None, "{fine}");
    }
    for lie in [
        "lintas-hub banish 13.71",
        "lintas-node file --colour red",
        "lintas-hub units export",
        "docker compose run --rm hub join -",
        "sudo -u lintas-node lintas-node complaint vanish X",
    ] {
        assert!(helps.lie(&spoken(lie).unwrap()).is_some(), "{lie}");
    }
    for other in
        ["systemctl enable --now lintas-hub", "journalctl -u lintas-node -e", "lintas-hub", "lintas-node COMMAND"]
    {
        assert_eq!(spoken(other), None, "{other}");
    }
}
