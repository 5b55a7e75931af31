//! Units between the desk's wire types and its values, and to whom a transfer goes. It decides nothing.

use crate::desk::units::{Fields, Form, KnownUnit, Outlook, WrongLine, read};
use crate::desk::{ComplaintName, Desk, DeskError};
use crate::domain::event::Category;
use crate::domain::{Contact, UnitCode};
use crate::protocol::desk::v1 as wire;
use crate::protocol::desk::v1::act_request::Action;
use crate::protocol::desk::v1::change_unit_request::Change;
use crate::store::Store;

/// Nodes and units.
pub(super) fn listed(outlook: &Outlook, below: Option<&UnitCode>) -> wire::UnitsReply {
    let units = outlook.units(below).into_iter().map(|known| {
        let KnownUnit { listing, home, closed, into, waiting } = known;
        wire::Unit {
            code: listing.unit.to_string(),
            name: listing.name.as_str().to_owned(),
            home: home.map(|node| node.to_string()).unwrap_or_default(),
            closed,
            areas: listing.areas.iter().map(ToString::to_string).collect(),
            categories: listing.categories.iter().map(|code| Category::as_str(code).to_owned()).collect(),
            contact: listing.contact.as_ref().map(Contact::as_str).unwrap_or_default().to_owned(),
            waiting,
            into: into.map(|unit| unit.to_string()).unwrap_or_default(),
        }
    });
    let nodes = outlook.registry.nodes().map(|(code, entry)| wire::Node {
        code: code.to_string(),
        name: entry.name.as_str().to_owned(),
        revoked: entry.revoked.is_some(),
        suspended: entry.suspended,
        confirmed: entry.confirmed,
        ..wire::Node::default()
    });
    wire::UnitsReply { units: units.collect(), nodes: nodes.collect() }
}

/// A unit that is named; those near it, if it is none.
pub(super) async fn unit<S: Store>(desk: &Desk<S>, text: &str) -> Result<UnitCode, DeskError> {
    match UnitCode::parse(text.trim()) {
        Ok(unit) => Ok(unit),
        Err(_) => Err(DeskError::unknown_unit(text.trim(), &desk.outlook().await?.ahead())),
    }
}

/// Declares the units of a file.
pub(super) async fn import<S: Store>(
    desk: &Desk<S>,
    asked: wire::ImportUnitsRequest,
) -> Result<wire::ImportUnitsReply, DeskError> {
    let form = if asked.toml { Form::Toml } else { Form::Csv };
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    Ok(match desk.import_units(read(&asked.file, form)).await? {
        Ok(done) => wire::ImportUnitsReply {
            added: count(done.added),
            changed: count(done.changed),
            unchanged: count(done.unchanged),
            mistakes: Vec::new(),
        },
        Err(wrong) => {
            let mistake = |WrongLine { line, what }: WrongLine| wire::UnitMistake { line, what };
            wire::ImportUnitsReply {
                mistakes: wrong.into_iter().map(mistake).collect(),
                ..wire::ImportUnitsReply::default()
            }
        }
    })
}

/// Adds, renames, merges or closes a unit.
pub(super) async fn change<S: Store>(
    desk: &Desk<S>,
    asked: wire::ChangeUnitRequest,
) -> Result<wire::ChangeUnitReply, DeskError> {
    let wire::ChangeUnitRequest { unit: code, change } = asked;
    let change = change.ok_or(DeskError::NoAction)?;
    if let Change::Add(new) = &change {
        let fields = Fields {
            code: &code,
            name: &new.name,
            level: "",
            areas: &new.areas,
            categories: &new.categories,
            contact: &new.contact,
        };
        let done = desk.add_unit(fields).await?;
        return Ok(wire::ChangeUnitReply { unit: done.unit.to_string(), changed: done.changed, passed: 0 });
    }
    let unit = self::unit(desk, &code).await?;
    let (changed, passed) = match change {
        Change::Rename(new) => (desk.rename_unit(&unit, &new.name).await?.changed, 0),
        Change::Merge(other) => {
            let into = self::unit(desk, &other.into).await?;
            (true, desk.merge_unit(&unit, &into).await?.passed)
        }
        Change::CloseUnit(_) => (desk.close_unit(&unit).await?.changed, 0),
        Change::Add(_) => return Err(DeskError::NoAction),
    };
    Ok(wire::ChangeUnitReply { unit: unit.to_string(), changed, passed: u64::try_from(passed).unwrap_or(u64::MAX) })
}

/// Puts into a request to whom it goes: units that people wrote become units that there are, and a transfer without one gets one.
/// Says so, if it is another than was named.
pub(super) async fn address<S: Store>(
    desk: &Desk<S>,
    request: &mut wire::ActRequest,
) -> Result<Option<wire::Addressed>, DeskError> {
    let name = ComplaintName::parse(&request.complaint)?;
    let language = request.language.parse().unwrap_or_default();
    match &mut request.action {
        Some(Action::Dispose(to)) => {
            to.unit = unit(desk, &to.unit).await?.to_string();
            Ok(None)
        }
        Some(Action::Transfer(to)) => {
            let asked = if to.unit.trim().is_empty() { None } else { Some(unit(desk, &to.unit).await?) };
            let addressed = desk.address(&name, asked, language).await?;
            let asked = std::mem::replace(&mut to.unit, addressed.unit.to_string());
            let told = |reason| wire::Addressed { unit: addressed.unit.to_string(), asked, reason };
            Ok(addressed.reason.map(told))
        }
        Some(_) | None => Ok(None),
    }
}
