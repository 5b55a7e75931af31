//! Statistics as people read them, as a table and as JSON. Layout only.

use serde_json::{Map, Value, json};

use super::{Column, Row, Statistics};
use crate::areas::{AreaCode, areas};
use crate::desk::export::guarded;
use crate::desk::table::table;
use crate::domain::{Class, DisplayState, Figure, Registry, UnitCode};
use crate::store::Dimension;
use crate::words::{Language, Word, category, iso, say};

/// Seconds of a tenth of a day.
const TENTH_OF_DAY: i64 = 8_640;

/// What people call what a row is about in one dimension; none if it has no name of its own.
fn name(dimension: Dimension, code: &str, registry: &Registry, language: Language) -> Option<String> {
    match dimension {
        Dimension::Unit => Some(registry.unit(&UnitCode::parse(code).ok()?)?.listing.name.as_str().to_owned()),
        Dimension::Area => Some(areas().area(AreaCode::parse(code).ok()?)?.name.to_owned()),
        Dimension::Category => category(code, language).map(str::to_owned),
        Dimension::Class => Class::from_name(code).map(|class| class.in_words(language).to_owned()),
        Dimension::Level => Some(say(&format!("level.{code}"), language, &[])),
        Dimension::Month => None,
    }
}

/// What a row is about, in one cell.
fn label(by: &[Dimension], row: &Row, registry: &Registry, language: Language) -> String {
    if row.key.is_empty() {
        return say("statistics.rest", language, &[]);
    }
    let each = by.iter().zip(&row.key).map(|(dimension, code)| {
        let known = name(*dimension, code, registry, language);
        match (dimension, known) {
            (Dimension::Level | Dimension::Class, Some(name)) => name,
            (Dimension::Month, _) => code.split_at_checked(4).map_or_else(|| code.clone(), |(y, m)| format!("{y}-{m}")),
            (_, Some(name)) => format!("{code} {name}"),
            (_, None) => code.clone(),
        }
    });
    each.collect::<Vec<_>>().join(" / ")
}

/// A number, or that it is not told.
fn cell(value: Option<i64>) -> String {
    value.map_or_else(|| "·".to_owned(), |value| value.to_string())
}

/// Whole and tenth, as the language writes them.
fn tenths(value: i64, language: Language) -> String {
    let mark = if language == Language::Indonesian { ',' } else { '.' };
    format!("{}{mark}{}", value / 10, value % 10)
}

fn days(seconds: Option<i64>, language: Language) -> String {
    let rounded = |seconds: i64| seconds.saturating_add(TENTH_OF_DAY / 2) / TENTH_OF_DAY;
    seconds.map_or_else(|| "·".to_owned(), |seconds| tenths(rounded(seconds), language))
}

fn line(label: String, values: &[Option<i64>], language: Language) -> [String; 11] {
    let of = |column| Statistics::value(values, column);
    let figure = |figure| of(Column::Figure(figure));
    let (closed, archived) = (figure(Figure::Now(DisplayState::Closed)), figure(Figure::Now(DisplayState::Archived)));
    let all = figure(Figure::Complaints);
    let open = all
        .zip(closed.zip(archived))
        .map(|(all, (closed, archived))| all.saturating_sub(closed.saturating_add(archived)));
    let rating = of(Column::Stars).zip(of(Column::Rated).filter(|rated| *rated > 0)).map_or_else(
        || "·".to_owned(),
        |(stars, rated)| tenths(stars.saturating_mul(20).saturating_add(rated) / rated.saturating_mul(2), language),
    );
    [
        label,
        cell(all),
        cell(open),
        cell(closed),
        cell(archived),
        cell(figure(Figure::Returns)),
        cell(figure(Figure::HandOvers)),
        cell(figure(Figure::PingPong)),
        cell(figure(Figure::Disputes)),
        cell(figure(Figure::LateAnswers)),
        rating,
    ]
}

/// For people: the rows with the figures that matter most, then how long complaints stood in which state.
#[must_use]
pub fn text(statistics: &Statistics, registry: &Registry, language: Language) -> String {
    let words = |code: &str| say(&format!("statistics.{code}"), language, &[]);
    let titles = [
        "by",
        "complaints",
        "open",
        "closed",
        "archived",
        "returns",
        "hand-overs",
        "ping-pong",
        "disputes",
        "late",
        "rating",
    ];
    let titles = titles.map(words);
    let Statistics { by, rows, total, .. } = statistics;
    let mut lines: Vec<[String; 11]> =
        rows.iter().map(|row| line(label(by, row, registry, language), &row.values, language)).collect();
    lines.push(line(words("total"), total, language));
    let mut text = table(titles.each_ref().map(String::as_str), &lines);
    let titles = ["state", "now", "ever", "mean-days"].map(words);
    let states = DisplayState::ALL.iter().map(|state| {
        let of = |column| Statistics::value(total, column);
        [
            state.in_words(language).to_owned(),
            cell(of(Column::Figure(Figure::Now(*state)))),
            cell(of(Column::Figure(Figure::Ever(*state)))),
            days(of(Column::MeanSeconds(*state)), language),
        ]
    });
    text.push('\n');
    text.push_str(&table(titles.each_ref().map(String::as_str), &states.collect::<Vec<_>>()));
    if statistics.public {
        text.extend(["\n", &words("suppressed"), "\n"]);
    }
    text
}

/// As a table for other programs: a line for each row, without the total. What is not told is empty; what a spreadsheet would take for
/// a formula begins with an apostrophe.
///
/// # Errors
/// If it cannot be written.
pub fn csv<W: std::io::Write>(
    statistics: &Statistics,
    registry: &Registry,
    language: Language,
    out: W,
) -> std::io::Result<()> {
    let Statistics { by, rows, total, .. } = statistics;
    let mut table = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let dimensions = by.iter().flat_map(|dimension| {
        let named = *dimension != Dimension::Month;
        std::iter::once(dimension.name().to_owned()).chain(named.then(|| format!("{}_name", dimension.name())))
    });
    table.write_record(dimensions.chain(Column::all().iter().map(|column| column.name())))?;
    let whole = [Row { key: Vec::new(), values: total.clone() }];
    for row in if by.is_empty() { &whole[..] } else { rows } {
        let keys = by.iter().enumerate().flat_map(|(at, dimension)| {
            let code = row.key.get(at).map_or("", String::as_str);
            // What is too small to be shown has no code.
            let rest = (at == 0 && row.key.is_empty()).then(|| say("statistics.rest", language, &[]));
            let named = || rest.or_else(|| name(*dimension, code, registry, language)).unwrap_or_default();
            let named = (*dimension != Dimension::Month).then(named);
            std::iter::once(guarded(code)).chain(named.map(|name| guarded(&name)))
        });
        let values = row.values.iter().map(|value| value.map_or_else(String::new, |value| value.to_string()));
        table.write_record(keys.chain(values))?;
    }
    table.flush()
}

/// For machines. What is not told is null.
#[must_use]
pub fn json(statistics: &Statistics, registry: &Registry, language: Language) -> Value {
    let Statistics { by, rows, total, now, public } = statistics;
    let figures = |values: &[Option<i64>]| {
        let each = Column::all().iter().zip(values).map(|(column, value)| (column.name(), json!(value)));
        Value::Object(each.collect::<Map<String, Value>>())
    };
    let one = |row: &Row| {
        let mut fields = Map::new();
        fields.insert("rest".to_owned(), json!(row.key.is_empty()));
        for (dimension, code) in by.iter().zip(&row.key) {
            fields.insert(dimension.name().to_owned(), json!(code));
            if let Some(name) = name(*dimension, code, registry, language) {
                fields.insert(format!("{}_name", dimension.name()), json!(name));
            }
        }
        fields.insert("figures".to_owned(), figures(&row.values));
        Value::Object(fields)
    };
    json!({
        "by": by.iter().map(|dimension| dimension.name()).collect::<Vec<_>>(), "now": iso(*now), "public": public,
        "rows": rows.iter().map(one).collect::<Vec<_>>(), "total": figures(total),
    })
}
