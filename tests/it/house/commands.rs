//! What both programs say of their own command lines: the page of commands is what they say, and shells can use their completions.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use lintas_tests::{programs, reference};

fn both() -> [PathBuf; 2] {
    [programs::hub().unwrap(), programs::node().unwrap()]
}

/// What a program prints, in an environment of its own.
fn said(program: &PathBuf, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn page_of_commands_is_out_of_date() {
    let (page, kept) = (reference::page().unwrap(), fs::read_to_string(reference::place()).unwrap());
    let difference = page.lines().zip(kept.lines()).find(|(made, kept)| made != kept);
    assert!(
        page == kept,
        "docs/CLI.md is not what the programs say; run `make docs`. First difference: {difference:?}"
    );
}

/// A shell is asked what could follow `WORD… PART`, as it asks itself when somebody presses Tab.
fn completed(program: &PathBuf, words: &[&str]) -> String {
    let name = program.file_name().unwrap().to_str().unwrap();
    let script = "source /dev/stdin; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
                  known=$(complete -p \"$1\"); known=${known#*-F }; \
                  \"${known%% *}\" \"$1\" \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"; echo \"${COMPREPLY[*]}\"";
    let folder = tempfile::tempdir().unwrap();
    let completions = folder.path().join("completions");
    fs::write(&completions, said(program, &["completions", "bash"])).unwrap();
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", script, "bash", name])
        .args(words)
        .stdin(fs::File::open(&completions).unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn shell_completes_nothing() {
    let [hub, node] = both();
    let cases: [(&PathBuf, &[&str], &str); 5] = [
        (&hub, &["en"], "enrol"),
        (&hub, &["units", "im"], "import"),
        (&node, &["tak"], "take-back"),
        (&node, &["file", "--class", "as"], "aspiration"),
        (&node, &["complaint", "veri"], "verify"),
    ];
    for (program, words, wanted) in cases {
        assert_eq!(completed(program, words).trim(), wanted, "{words:?}");
    }
}

#[test]
fn command_has_no_manual_page() {
    for program in both() {
        let name = program.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("man1").display().to_string();
        let told = said(&program, &["man", &place, "--json"]);
        let pages = fs::read_dir(&place).unwrap().count();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&told).unwrap()["pages"], pages);
        let page = fs::read_to_string(format!("{place}/{name}-verify.1")).unwrap();
        assert!(page.starts_with(".ie ") || page.starts_with(".TH"), "{page}");
        assert!(page.contains("ends with 65"), "{page}");
    }
}
