//! The demo's units: cut from `data/units.csv`, so that each node declares its own and the hub lists the rest. It declares nothing
//! but by the programs' command lines.

use std::path::{Path, PathBuf};

use lintas::domain::UnitCode;

use super::NODES;
use crate::federation::{Federation, PATIENCE};
use crate::wait::until;

/// The file for the hub: the bodies that run no node, and what the nodes are enrolled for.
///
/// # Errors
/// If the units cannot be read, or the file cannot be written.
pub(super) fn of_hub(folder: &Path) -> anyhow::Result<PathBuf> {
    let at_node = |unit: &UnitCode| NODES.iter().any(|(node, _)| unit.government().as_str() == *node);
    cut(folder, "hub", |unit| !at_node(unit) || NODES.iter().any(|(node, _)| unit.as_str() == *node))
        .map(|(file, _)| file)
}

/// Every node takes in a file of its own units; waits until every node knows them all.
///
/// # Errors
/// If a file is refused, or a unit stays unknown.
pub(super) async fn declare(federation: &Federation, folder: &Path) -> anyhow::Result<()> {
    let mut all = 0_usize;
    for (node, _) in NODES {
        let (file, count) = cut(folder, node, |unit| unit.government().as_str() == *node)?;
        let done = federation.ask(node, &["units", "import", &file.display().to_string()]).await?;
        println!(
            "{node:<6} declares its units: {} of {count} are new or say more now",
            done["added"].as_u64().unwrap_or(0).saturating_add(done["changed"].as_u64().unwrap_or(0))
        );
        all = all.saturating_add(count);
    }
    for (node, _) in NODES {
        let declared = |units: &[serde_json::Value]| {
            let known = |unit: &&serde_json::Value| {
                let code = unit["code"].as_str().and_then(|code| UnitCode::parse(code).ok());
                code.is_some_and(|code| NODES.iter().any(|(node, _)| code.government().as_str() == *node))
            };
            units.iter().filter(known).count() == all && units.iter().all(|unit| unit["waiting"] == false)
        };
        until(&format!("all units at {node}"), PATIENCE, async || {
            let told = federation.ask(node, &["units"]).await.ok()?;
            declared(told["units"].as_array()?).then_some(())
        })
        .await?;
    }
    println!("the hub has published them: every node knows {all} units of the four bodies");
    Ok(())
}

/// Those rows of the sample whose unit is wanted, as a file of their own.
fn cut(folder: &Path, name: &str, wanted: impl Fn(&UnitCode) -> bool) -> anyhow::Result<(PathBuf, usize)> {
    let mut rows = csv::Reader::from_path(super::data_folder().join("units.csv"))?;
    let place = folder.join(format!("units-{name}.csv"));
    let mut file = csv::Writer::from_path(&place)?;
    file.write_record(rows.headers()?)?;
    let mut count = 0_usize;
    for row in rows.records() {
        let row = row?;
        if UnitCode::parse(row.get(0).unwrap_or_default()).is_ok_and(|unit| wanted(&unit)) {
            file.write_record(&row)?;
            count = count.saturating_add(1);
        }
    }
    file.flush()?;
    Ok((place, count))
}
