//! Makes a training federation: hub and nodes with an authority, keys and a port of their own, joined by token and endorsed, as real ones
//! are. The clock is set to the machine's meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use lintas::identity::files::write_public;
use lintas::protocol::desk::v1 as wire;
use lintas::runtime::{Clock as _, Pace, SystemClock};
use tokio::net::TcpStream;

use super::chance::below;
use super::children::{Programs, Started, desk, soon};
use super::error::PracticeError;
use super::folder::Folder;

/// The units of the training: all that the data list, those of Padang among them.
const UNITS: &str = include_str!("../../../data/units.csv");
/// The longest that an authority issues for, in hours: certificates go by the machine's clock, trainings by their own.
const NODE_HOURS: &str = "17544";

/// The ports that are tried: below those that the system hands out by itself, so that no call of another program takes it meanwhile.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port of this machine that nobody listens on, the first from a place that chance names.
///
/// # Errors
/// If there is none.
pub(super) fn free_port(seed: u32) -> std::io::Result<u16> {
    let first = u16::try_from(below(seed, &["port"], 12_000)).unwrap_or(0).saturating_add(PORTS.start);
    let mut ports = (first..PORTS.end).chain(PORTS.start..first);
    let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
    free.ok_or_else(|| std::io::ErrorKind::AddrInUse.into())
}

/// Makes hub and nodes in a folder that is marked. The hub runs afterwards, the nodes do not.
///
/// # Errors
/// If a command is refused, or something cannot be written.
pub(super) async fn make(
    folder: &Folder,
    programs: &Programs,
    started: &mut Vec<Started>,
) -> Result<(), PracticeError> {
    let federation = &folder.mark.federation;
    Pace::real(SystemClock.now()).write(&folder.clock())?;
    let listen = format!("127.0.0.1:{}", folder.mark.port);
    let init = ["init", "--federation", federation, "--listen", &listen, "--dns", "127.0.0.1"];
    programs.said(true, &folder.hub(), &init, "").await?;
    let settings = [
        ("authority.node_hours", NODE_HOURS),
        // So that whoever does not answer is seen to lose the complaint.
        ("moves.climb_unanswered", "on"),
        ("practice.clock", "../clock"),
        ("observe.listen", "off"),
    ];
    set(&folder.hub().join("hub.toml"), &settings)?;
    let units = folder.path.join("units.csv");
    fs::write(&units, UNITS).map_err(PracticeError::io(&units))?;
    programs.said(true, &folder.hub(), &["units", "import", &units.display().to_string()], "").await?;
    fs::remove_file(&units).map_err(PracticeError::io(&units))?;
    started.push(programs.start(folder, "hub")?);
    listens(folder).await?;
    for code in &folder.mark.nodes {
        let name = format!("{} (LATIHAN)", name_of(code));
        let token = programs.said(true, &folder.hub(), &["enrol", code, "--name", &name], "").await?;
        programs.said(false, &folder.node(code), &["join"], &token).await?;
        set(&folder.node(code).join("node.toml"), &[("practice.clock", "../clock"), ("observe.listen", "off")])?;
    }
    Ok(())
}

/// Waits until the hub takes connections.
///
/// # Errors
/// If it does not in time.
pub(super) async fn listens(folder: &Folder) -> Result<(), PracticeError> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, folder.mark.port));
    let up = soon(async || TcpStream::connect(address).await.ok()).await;
    up.map(drop).ok_or_else(|| PracticeError::Ended { name: "hub".to_owned(), log: folder.log("hub") })
}

/// Has the keys of all nodes compared and endorsed, as far as that was not done, and waits until every desk knows.
///
/// # Errors
/// If a desk does not answer, or does not hear of it in time.
pub(super) async fn endorse(folder: &Folder) -> Result<(), PracticeError> {
    let mut asked = BTreeSet::new();
    for code in &folder.mark.nodes {
        let ended = || PracticeError::Ended { name: code.clone(), log: folder.log(code) };
        let mut own = desk(folder, code).await?;
        let confirmed = async || {
            let known = own.nodes(wire::NodesRequest {}).await.ok()?.nodes;
            for node in known.iter().filter(|node| !node.confirmed && folder.mark.nodes.contains(&node.endorser)) {
                if !asked.contains(&node.code) {
                    // Whoever endorses does not know the node yet, perhaps; then it is tried again.
                    let mut by = desk(folder, &node.endorser).await.ok()?;
                    let request = wire::EndorseRequest { node: node.code.clone(), key_code: node.key_code.clone() };
                    if by.endorse(request).await.is_ok() {
                        asked.insert(node.code.clone());
                    }
                }
            }
            let there = known.iter().filter(|node| node.confirmed).count();
            (there >= folder.mark.nodes.len()).then_some(())
        };
        soon(confirmed).await.ok_or_else(ended)?;
    }
    Ok(())
}

/// The name of a unit in the list; its code if it has none there.
fn name_of(code: &str) -> String {
    let rest = UNITS.lines().find_map(|line| line.strip_prefix(code)?.strip_prefix(','));
    let name = rest.map(|rest| match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => rest.split(',').next().unwrap_or_default(),
    });
    name.filter(|name| !name.is_empty()).unwrap_or(code).to_owned()
}

/// Sets what is said in a settings file that has a line for each.
fn set(path: &Path, values: &[(&str, &str)]) -> Result<(), PracticeError> {
    let text = fs::read_to_string(path).map_err(PracticeError::io(path))?;
    let text = with(&text, values);
    write_public(path, text.as_bytes()).map_err(|error| PracticeError::io(path)(std::io::Error::other(error)))
}

fn with(text: &str, values: &[(&str, &str)]) -> String {
    let mut section = String::new();
    let mut line_of = |line: &str| {
        let name = line.split('=').next().unwrap_or_default().trim();
        if let Some(table) = name.strip_prefix('[') {
            table.trim_end_matches(']').clone_into(&mut section);
        }
        let key = if section.is_empty() { name.to_owned() } else { format!("{section}.{name}") };
        let value = values.iter().find(|(wanted, _)| *wanted == key);
        value.map_or_else(|| line.to_owned(), |(_, value)| format!("{name} = {}", toml::Value::from(*value)))
    };
    text.lines().map(|line| line_of(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_goes_into_another_section() {
        let text = "name = \"a\"\n# listen = 1\n[observe]\nlisten = \"x\"\n[practice]\n# A clock.\nclock = \"\"\n";
        let set = with(text, &[("observe.listen", "off"), ("practice.clock", "../clock")]);
        assert_eq!(set, text.replace("\"x\"", "\"off\"").replace("\"\"", "\"../clock\""));
        let node = crate::settings::template(&[("federation", "latihan-x"), ("node", "13")]);
        assert_eq!(
            with(&node, &[("practice.clock", "c"), ("observe.listen", "off")]).lines().count(),
            node.lines().count()
        );
        assert!(with(&node, &[("practice.clock", "../c")]).contains("clock = \"../c\""));
    }

    #[test]
    fn node_has_no_name() {
        assert_eq!(name_of("13"), "Provinsi Sumatera Barat");
        assert!(name_of("13.bmcktr").contains(", Cipta Karya") && name_of("99.99") == "99.99");
    }
}
