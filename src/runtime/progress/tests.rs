//! Tests of progress: who is told, how often, and what a terminal is left with. Tests only.

use std::io;
use std::sync::{Arc, Mutex};

use super::logged::EVERY_MICROS;
use super::*;
use crate::runtime::clock::ManualClock;
use crate::runtime::logs::{LogFormat, subscriber};

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn tell(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

struct Heard(Told);

impl Watcher for Told {
    fn begins(&self, code: &'static str, _: Measure, total: Option<u64>) -> Box<dyn Gauge> {
        self.tell(format!("{code} of {total:?}"));
        Box::new(Heard(self.clone()))
    }
}

impl Gauge for Heard {
    fn advances(&self, by: u64) {
        self.0.tell(format!("+{by}"));
    }

    fn totals(&self, total: u64) {
        self.0.tell(format!("of {total}"));
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.0.tell("end".to_owned());
    }
}

#[test]
fn step_is_told_in_part() {
    let told = Told::default();
    let progress = Progress::to(Arc::new(told.clone()));
    let step = progress.step("progress.x", None);
    step.total(7);
    step.advance_by(3);
    step.advance(4);
    drop(step);
    assert_eq!(*told.0.lock().unwrap(), ["progress.x of None", "of 7", "+3", "+4", "end"]);
    Progress::silent().step("progress.x", Some(1)).advance(1);
}

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn logs_are_flooded_or_say_nothing() {
    let (page, clock) = (Page::default(), Arc::new(ManualClock::at(0)));
    let writer = page.clone();
    let subscriber = subscriber(LogFormat::Json, "info", move || writer.clone()).unwrap();
    tracing::subscriber::with_default(subscriber, || {
        let watched: Arc<dyn Clock> = clock.clone();
        let step = Progress::logged(watched).step("progress.x", Some(3000));
        for _ in 0..3000 {
            step.advance(1);
            clock.advance(EVERY_MICROS / 1000);
        }
    });
    let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let done: Vec<u64> = lines.iter().map(|line| line["done"].as_u64().unwrap()).collect();
    assert_eq!(done, [1001, 2001], "{text}");
    assert_eq!((lines[0]["step"].as_str(), lines[0]["total"].as_u64()), (Some("progress.x"), Some(3000)));
}

#[test]
fn bar_fails_without_a_terminal() {
    let clock = Arc::new(ManualClock::at(0));
    let watched: Arc<dyn Clock> = clock.clone();
    let shown = Progress::to(Arc::new(Shown::new(watched, Box::new(str::to_owned))));
    for measure in [Measure::Count, Measure::Bytes] {
        let step = shown.measured("progress.x", measure, None);
        step.advance(1);
        clock.advance(1_000_000);
        step.advance(1);
        step.total(5);
        step.advance(9);
    }
}
