//! One whole run: prepares, lets the cases take turns, and hands the figures to the report.

use super::catch_up::{CAUGHT_UP, HubOn, PREPARED, Prepared};
use super::cluster::Cluster;
use super::copy::Rows;
use super::ending::endings;
use super::error::Result;
use super::latency::Cities;
use super::machine;
use super::plan::{Case, Options, Part};
use super::replication::Replication;
use super::report::Report;
use super::statistics::Tallied;
use super::workload::{rounded, text};

/// Measures what the options ask for; prints the table and writes the file.
///
/// # Errors
/// If anything does not work: half a comparison is none.
pub async fn run(options: &Options) -> Result<()> {
    let options = Options { events: rounded(options.events), ..options.clone() };
    let clusters =
        if wants_postgres(&options) { Some((Cluster::start().await?, Cluster::start().await?)) } else { None };
    let version = match &clusters {
        Some((cluster, _)) => cluster.version().await?,
        None => "not measured".to_owned(),
    };
    let mut report = Report::new(machine::describe(&version), &options);
    let measured = measure(&options, clusters.as_ref(), &mut report).await;
    if let Some((one, other)) = clusters {
        one.stop()?;
        other.stop()?;
    }
    measured?;
    println!("\n{report}");
    report.write(&options.out)?;
    println!("as JSON: {}", options.out.display());
    Ok(())
}

fn wants_postgres(options: &Options) -> bool {
    options.does(Part::Latency)
        || options.does(Part::Ending)
        || options.does(Part::CatchUp)
            && Case::ALL.iter().any(|case| *case != Case::HubSqlite && options.measures(*case))
}

async fn measure(options: &Options, clusters: Option<&(Cluster, Cluster)>, report: &mut Report) -> Result<()> {
    if options.does(Part::CatchUp) {
        catch_up(options, clusters, report).await?;
    }
    if options.does(Part::Latency)
        && let Some((one, other)) = clusters
    {
        latency(options, one, other, report).await?;
    }
    if options.does(Part::Ending)
        && let Some((one, _)) = clusters
    {
        println!("preparing nodes to be suspended");
        for run in 1..=options.runs {
            report.ended(run, Case::HubPostgres, &endings(HubOn::Postgres(one)).await?);
            report.ended(run, Case::HubSqlite, &endings(HubOn::Sqlite).await?);
        }
    }
    if options.does(Part::Statistics) {
        println!("preparing complaints to be counted");
        let tallied = Tallied::make().await?;
        for run in 1..=options.runs {
            report.tallied(run, tallied.run(options.samples).await?);
        }
    }
    Ok(())
}

/// (a) and (c).
async fn catch_up(options: &Options, clusters: Option<&(Cluster, Cluster)>, report: &mut Report) -> Result<()> {
    let events = options.events;
    println!("preparing the journal of a node with {events} events");
    let sqlite =
        if options.measures(Case::HubSqlite) { Some(Prepared::make(HubOn::Sqlite, events).await?) } else { None };
    let postgres = match clusters {
        Some((cluster, _)) => Some((cluster, Prepared::make(HubOn::Postgres(cluster), events).await?)),
        None => None,
    };
    let mut rows: Option<Rows> = None;
    let mut replication: Option<Replication> = None;
    for run in 1..=options.runs {
        if let Some((cluster, prepared)) = &postgres
            && (options.measures(Case::HubPostgres) || rows.is_none())
        {
            let caught = prepared.run(options, rows.is_none()).await?;
            report.caught(run, Case::HubPostgres, caught, prepared.idle);
            if rows.is_none() {
                let dumped = Rows::dump(cluster, CAUGHT_UP).await?;
                report.rows(dumped.counts());
                rows = Some(dumped);
            }
            cluster.drop_database(CAUGHT_UP).await?;
        }
        if let (Some((one, other)), Some(rows)) = (clusters, &rows) {
            if replication.is_none() {
                replication = Some(Replication::between(one, other, PREPARED).await?);
            }
            if options.measures(Case::Copy) {
                one.make("copied", Replication::bare()).await?;
                one.settle().await?;
                let seconds = rows.load(one, "copied").await?;
                rows.check(one, "copied").await?;
                one.drop_database("copied").await?;
                report.compared(run, Case::Copy, seconds);
            }
            if let (Some(replication), true) = (&replication, options.measures(Case::Replication)) {
                report.compared(run, Case::Replication, replication.catch_up(rows).await?);
            }
        }
        if let Some(prepared) = &sqlite {
            let caught = prepared.run(options, run == 1).await?;
            report.caught(run, Case::HubSqlite, caught, prepared.idle);
        }
    }
    Ok(())
}

/// (b).
async fn latency(options: &Options, one: &Cluster, other: &Cluster, report: &mut Report) -> Result<()> {
    println!("preparing two cities");
    let postgres = Cities::start(HubOn::Postgres(one)).await?;
    let sqlite = Cities::start(HubOn::Sqlite).await?;
    let bare = if options.does(Part::CatchUp) { PREPARED } else { super::latency::DATABASE };
    let replication = Replication::between(one, other, bare).await?;
    for run in 1..=options.runs {
        report.ways(run, Case::HubPostgres, postgres.run(options.samples).await?);
        report.one_way(run, &replication.one_way(options.samples, &text(0)).await?);
        report.ways(run, Case::HubSqlite, sqlite.run(options.samples).await?);
    }
    postgres.stop().await?;
    sqlite.stop().await
}
