//! `make demo` and `make run`: lives through the demo's stories, has the books checked, and ends everything; or keeps it running.

use clap::Parser;
use lintas_tests::demo;
use lintas_tests::postgres::Server;

/// A whole federation on this machine.
#[derive(Debug, Parser)]
struct Arguments {
    /// Keep hub and nodes running afterwards, and say what to try.
    #[arg(long)]
    keep_running: bool,
    /// The hub keeps its database on a PostgreSQL server, started for this.
    #[arg(long, conflicts_with = "check")]
    postgres: bool,
    /// Only check the books of a federation in this folder that has ended.
    #[arg(long, value_name = "FOLDER")]
    check: Option<std::path::PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<std::process::ExitCode> {
    let arguments = Arguments::parse();
    if let Some(folder) = arguments.check {
        return books(&folder).await;
    }
    let folder = tempfile::Builder::new().prefix("lintas-demo-").tempdir()?;
    let server = if arguments.postgres { Some(Server::start(&[])?) } else { None };
    let database = server.as_ref().map(|server| server.address().to_owned());
    let mut federation = demo::found(folder.path(), database).await?;
    let on = if server.is_some() { ", the hub on PostgreSQL" } else { "" };
    println!("a hub and {} nodes run in {}{on}", federation.codes().count(), folder.path().display());
    println!("each joined with a token, and the node above has endorsed its keys");
    let lived = demo::live(&mut federation).await;
    if let (true, Ok(())) = (arguments.keep_running, &lived) {
        keep(&federation, folder.path()).await?;
    }
    let stopped = federation.stop().await;
    lived?;
    stopped?;
    println!("\n=== the books, from the raw events of every database\n");
    let code = books(folder.path()).await?;
    println!("Nothing is left running.");
    Ok(code)
}

/// Has the books checked, and says how they stand: 0 if nothing differs, else 65.
async fn books(folder: &std::path::Path) -> anyhow::Result<std::process::ExitCode> {
    let report = demo::audit(folder).await?;
    print!("{report}");
    if report.is_clean() {
        println!("\nevery complaint is where it should be, in the same state everywhere, with exactly one custodian;");
        println!("nothing is lost, nothing is doubled.");
        return Ok(std::process::ExitCode::SUCCESS);
    }
    println!("\n{} differences", report.differences.len());
    Ok(std::process::ExitCode::from(65))
}

async fn keep(federation: &lintas_tests::federation::Federation, folder: &std::path::Path) -> anyhow::Result<()> {
    let node = lintas_tests::programs::node()?.display().to_string();
    let hub = lintas_tests::programs::hub()?.display().to_string();
    let padang = federation.node_folder("13.71").display().to_string();
    println!("\n=== everything keeps running in {}; Ctrl-C ends it. Try, in another terminal:\n", folder.display());
    for line in ["list", "list --state awaiting", "status", "units", "verify"] {
        println!("  {node} --data {padang} {line}");
    }
    println!("  {node} --data {padang} file --category sampah --text 'Sampah menumpuk di Pasar Raya.'");
    println!("  {node} --data {padang} show LTS-…");
    for line in ["nodes", "list", "status", "verify"] {
        println!("  {hub} --data {} {line}", federation.hub_folder().display());
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}
