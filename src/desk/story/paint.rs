//! A story as lines for a terminal: a head, a rule wherever somebody else begins to answer, one paragraph a step, and where it
//! stands. Layout only.

use super::{Mark, Step, Story};
use crate::words::say;

/// Least width of a story, in characters.
const WIDTH_MIN: usize = 40;

/// Dress of a piece of text on a terminal.
#[derive(Clone, Copy)]
enum Dress {
    Strong,
    Faint,
    Warning,
    Bad,
}

impl Dress {
    const fn begin(self) -> &'static str {
        match self {
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
            Self::Warning => "\u{1b}[33m",
            Self::Bad => "\u{1b}[31m",
        }
    }
}

/// The story as text of at most `width` characters a line (longer words stand out), dressed for a terminal if `ansi`.
#[must_use]
pub fn render(story: &Story, width: usize, ansi: bool) -> String {
    let mut page = Page { text: String::new(), width: width.max(WIDTH_MIN), ansi };
    let mut head = story.head.lines.iter();
    head.by_ref().take(1).for_each(|title| page.line("", title, Some(Dress::Strong)));
    head.for_each(|line| page.paragraph("", "", line, None));
    let longest = story.steps.iter().map(|step| step.when.chars().count()).max().unwrap_or_default();
    let margin = " ".repeat(longest.saturating_add(2));
    for step in &story.steps {
        if let Some(opened) = &step.opened {
            page.rule(&format!("{} · {}", opened.number, opened.text));
        }
        page.step(step, longest, &margin);
    }
    if let Some(now) = &story.now {
        page.rule(&say("now.title", story.language, &[]));
        now.lines.iter().for_each(|line| page.paragraph("", "  ", line, None));
    }
    page.text
}

struct Page {
    text: String,
    width: usize,
    ansi: bool,
}

impl Page {
    /// Who answers now, set apart from what was before.
    fn rule(&mut self, title: &str) {
        let used = title.chars().count().saturating_add(4);
        let rest = "━".repeat(self.width.saturating_sub(used).max(2));
        self.text.push('\n');
        self.line("", &format!("━━ {title} {rest}"), Some(Dress::Strong));
    }

    fn step(&mut self, step: &Step, longest: usize, margin: &str) {
        let padding = " ".repeat(longest.saturating_sub(step.when.chars().count()));
        let time = self.dressed(&step.when, Some(Dress::Faint));
        let name = format!("#{} {}", step.number, step.event.get(..8).unwrap_or(&step.event));
        let room = self.width.saturating_sub(margin.len());
        let said = wrap(&format!("{}: {}", step.who, step.what), room);
        let last = said.last().map_or(0, |line| line.chars().count());
        let fits = last.saturating_add(name.chars().count()).saturating_add(2) <= room;
        let name = self.dressed(&name, Some(Dress::Faint));
        let lines = said.join(&format!("\n{margin}"));
        let before = if fits { "  ".to_owned() } else { format!("\n{margin}") };
        self.line("", &format!("{time}{padding}  {lines}{before}{name}"), None);
        for text in &step.texts {
            match (&text.text, &text.instead) {
                (Some(text), _) => text.lines().for_each(|line| self.paragraph(margin, "│ ", line, None)),
                (None, Some(instead)) => self.paragraph(margin, "│ ", &format!("({instead})"), Some(Dress::Faint)),
                (None, None) => {}
            }
        }
        for mark in &step.marks {
            self.paragraph(margin, "", &format!("[{}]", mark.text), Some(dress(mark)));
        }
    }

    fn paragraph(&mut self, margin: &str, prefix: &str, text: &str, dress: Option<Dress>) {
        let used = margin.chars().count().saturating_add(prefix.chars().count());
        for line in wrap(text, self.width.saturating_sub(used)) {
            self.line(&format!("{margin}{prefix}"), &line, dress);
        }
    }

    fn line(&mut self, before: &str, text: &str, dress: Option<Dress>) {
        let dressed = self.dressed(text, dress);
        let line = format!("{before}{dressed}");
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn dressed(&self, text: &str, dress: Option<Dress>) -> String {
        match dress {
            Some(dress) if self.ansi => format!("{}{text}\u{1b}[0m", dress.begin()),
            Some(_) | None => text.to_owned(),
        }
    }
}

fn dress(mark: &Mark) -> Dress {
    match mark.code {
        "mark.refused" | "mark.inadmissible" | "mark.move-refused" | "mark.expected-refused" => Dress::Bad,
        "mark.granted" | "mark.taken-back" | "mark.late-adopted" => Dress::Faint,
        _ => Dress::Warning,
    }
}

/// Breaks a text between words into lines of at most `width` characters; a longer word stands alone. Never empty.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = line.chars().count().saturating_add(word.chars().count()).saturating_add(1);
        if !line.is_empty() && longer > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
