//! Statistics between the desk's wire types and its values. It decides nothing.

use super::places::area;
use super::wire::optional_unit;
use crate::desk::DeskError;
use crate::desk::statistics::{Asked, Column, Question, Row, Statistics};
use crate::domain::{Registry, UnitCode};
use crate::protocol::desk::v1 as wire;
use crate::store::Dimension;

/// What is asked; names of places are those of `own` first.
pub(super) fn question(asked: &wire::StatisticsRequest, own: &UnitCode) -> Result<Question, DeskError> {
    let (unit, area) = (optional_unit(&asked.unit)?, area(&asked.area, own)?);
    let words = Asked { by: &asked.by, category: &asked.category, class: &asked.class, month: &asked.month };
    Ok(Question { public: asked.public, ..Question::of(words, unit, area)? })
}

/// The answer, with the public names of its units.
pub(super) fn reply(statistics: Statistics, registry: &Registry) -> wire::StatisticsReply {
    let Statistics { by, rows, total, now, public } = statistics;
    let units = by.iter().position(|dimension| *dimension == Dimension::Unit);
    let codes = rows.iter().filter_map(|row| row.key.get(units?));
    let known = codes.filter_map(|code| {
        let entry = registry.unit(&UnitCode::parse(code).ok()?)?;
        Some((code.clone(), entry.listing.name.as_str().to_owned()))
    });
    let names = known.collect();
    let row = |Row { key, values }: Row| wire::StatisticsRow {
        key,
        values: values.into_iter().map(|value| wire::StatisticsValue { value }).collect(),
    };
    wire::StatisticsReply {
        by: by.iter().map(|dimension| dimension.name().to_owned()).collect(),
        columns: Column::all().iter().map(|column| column.name()).collect(),
        total: Some(row(Row { key: Vec::new(), values: total })),
        rows: rows.into_iter().map(row).collect(),
        now_micros: now.0,
        public,
        names,
    }
}
