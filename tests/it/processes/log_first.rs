//! Promise 2 seen from outside the program: the hub reads a batch, syncs its log, and only then writes the acknowledgement.

use std::fs;

use lintas_tests::federation::PATIENCE;
use lintas_tests::wait::until;

use super::town::{PADANG, Town, file};

/// Longer than any message that is no acknowledgement and no batch, encrypted.
const LONG: i64 = 200;

/// One line of the trace, as far as it matters.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Read(i64),
    LogWritten,
    LogSynced,
    Written(i64),
}

/// A finished system call; one that was interrupted by another thread's is put together again by its thread.
fn calls(trace: &str) -> Vec<Call> {
    let mut begun = std::collections::BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let rest = rest.trim_start();
        if let Some(start) = rest.strip_suffix(" <unfinished ...>") {
            begun.insert(thread.to_owned(), start.to_owned());
            continue;
        }
        let whole = match rest.split_once(" resumed>") {
            Some((_, end)) if rest.starts_with("<...") => {
                format!("{}{end}", begun.remove(thread).unwrap_or_default())
            }
            _ => rest.to_owned(),
        };
        let result = whole.rsplit_once(" = ").and_then(|(_, result)| result.split(' ').next()?.parse::<i64>().ok());
        let (Some(result), Some((name, _))) = (result.filter(|result| *result >= 0), whole.split_once('(')) else {
            continue;
        };
        let (log, socket) = (whole.contains("hub.db-wal>"), whole.contains("<TCP"));
        calls.extend(match name {
            "read" | "recvfrom" | "recvmsg" | "readv" if socket => Some(Call::Read(result)),
            "pwrite64" | "write" if log => Some(Call::LogWritten),
            "fdatasync" | "fsync" if log => Some(Call::LogSynced),
            "write" | "sendto" | "sendmsg" | "writev" if socket => Some(Call::Written(result)),
            _ => None,
        });
    }
    calls
}

/// Whether a batch is read, the log written and synced, and nothing as long as an acknowledgement written before that.
fn in_order(calls: &[Call]) -> Result<(), String> {
    let read = calls.iter().position(|call| matches!(call, Call::Read(bytes) if *bytes > 10 * LONG));
    let after = calls.get(read.ok_or("no batch was read")?..).unwrap_or_default();
    let written = after.iter().position(|call| *call == Call::LogWritten).ok_or("the log was not written")?;
    let synced = after.iter().skip(written).position(|call| *call == Call::LogSynced);
    let synced = synced.ok_or("the log was not synced")? + written;
    let long = |call: &Call| matches!(call, Call::Written(bytes) if *bytes > LONG);
    if let Some(early) = after.iter().take(synced).position(long) {
        return Err(format!("written at {early}, before the sync at {synced}"));
    }
    after.iter().skip(synced).position(long).map(|_| ()).ok_or_else(|| "nothing was acknowledged".to_owned())
}

#[test]
fn trace_reader_sees_nothing() {
    let read = "7 read(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, \"..\"..., 8192) = 4000\n";
    let log = "8 pwrite64(5</x/hub.db-wal>, \"..\"..., 4096, 0) = 4096\n";
    let sync =
        "8 fdatasync(5</x/hub.db-wal> <unfinished ...>\n7 read(3, \"\", 1) = 0\n8 <... fdatasync resumed>) = 0\n";
    let ack = "7 writev(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, [..], 2) = 380\n";
    let trace = |lines: &[&str]| in_order(&calls(&lines.concat()));
    assert_eq!(trace(&[read, log, sync, ack]), Ok(()));
    for wrong in [vec![read, log, ack, sync], vec![read, ack, log, sync], vec![read, log, ack], vec![log, sync, ack]] {
        assert!(trace(&wrong).is_err(), "{wrong:?}");
    }
}

#[tokio::test]
async fn acknowledgement_is_written_before_the_log_is_synced() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        eprintln!("NOT TESTED: there is no strace; `make setup` installs it");
        return;
    }
    let mut town = Town::running(&[PADANG]).await;
    town.federation.stop_hub().await.unwrap();
    let file_name = town.path("trace");
    let shown = file_name.display().to_string();
    let traced = "trace=read,recvfrom,recvmsg,readv,write,pwrite64,sendto,sendmsg,writev,fsync,fdatasync";
    // -D: the hub stays our child, the tracer is its grandchild.
    town.federation.start_hub_under(&["strace", "-D", "-f", "-yy", "-e", traced, "-o", &shown]).unwrap();
    town.federation.linked(PADANG).await.unwrap();
    town.federation.at_rest().await.unwrap();
    let before = fs::read_to_string(&file_name).unwrap().len();
    file(&mut town.desk(PADANG).await, 1, 7_000).await;
    town.federation.at_rest().await.unwrap();
    let mut last = String::new();
    let order = until("the acknowledgement in the trace", PATIENCE, async || {
        let trace = fs::read_to_string(&file_name).ok()?;
        let result = in_order(&calls(trace.get(before..)?));
        last = format!("{result:?}");
        result.ok()
    });
    order.await.unwrap_or_else(|error| panic!("{error}: {last}"));
    town.ends_in_order().await;
}
