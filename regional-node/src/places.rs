//! Areas, categories and routes on the command line. What is near what, and who is competent, is the library's.

use lintas::areas::{Area, AreaCode, FOUND_MAX, areas};
use lintas::desk::service::Caller;
use lintas::domain::category_tree::CategoryEntry;
use lintas::domain::event::Category;
use lintas::protocol::desk::v1 as wire;
use lintas::store::sqlite::SqliteStore;
use lintas::words::{self, Language, categories, category};
use serde_json::{Value, json};

use crate::cli::{AreasArguments, CategoriesArguments, RouteArguments};
use crate::failure::Failure;

/// Areas by code or name.
///
/// # Errors
/// If the code to look within is none.
pub(crate) fn find_areas(asked: &AreasArguments, lang: Language) -> Result<(Value, String), Failure> {
    let text = asked.text.join(" ");
    let within = asked.within.as_deref().map(AreaCode::parse).transpose();
    let within = within.map_err(|error| Failure::Argument(format!("--within: {error}")))?;
    let known = areas();
    let found: Vec<Area> = if let Some(area) = known.get(&text) {
        vec![area]
    } else if let Ok(code) = AreaCode::parse(&text) {
        known.current(code).areas
    } else {
        let limit = usize::from(asked.limit).min(FOUND_MAX);
        known.search(&text, within, limit).into_iter().map(|found| found.area).collect()
    };
    let (near, found) = if found.is_empty() { (true, known.nearest(&text, 3)) } else { (false, found) };
    let one = |area: &Area| {
        json!({
            "code": area.code.to_string(), "name": area.name, "address": known.address(area.code),
            "level": format!("{:?}", area.level).to_lowercase(),
        })
    };
    let mut lines: Vec<String> =
        found.iter().map(|area| format!("{:<14} {}", area.code.to_string(), known.address(area.code))).collect();
    if near {
        lines.insert(0, words::say("areas.near", lang, &[("text", &text)]));
    }
    Ok((json!({ "areas": found.iter().map(one).collect::<Vec<_>>(), "near": near }), lines.join("\n")))
}

/// Categories, by group.
pub(crate) fn list_categories(asked: &CategoriesArguments, lang: Language) -> (Value, String) {
    let wanted = asked.text.as_deref().unwrap_or_default().to_lowercase();
    let named = |entry: &CategoryEntry| category(entry.code.as_str(), lang).unwrap_or_default();
    let fits =
        |entry: &&CategoryEntry| entry.code.as_str().contains(&wanted) || named(entry).to_lowercase().contains(&wanted);
    let mut found: Vec<&CategoryEntry> = categories().entries().filter(fits).collect();
    let near = found.is_empty();
    if near {
        found = categories().nearest(&wanted, 3);
    }
    let one = |entry: &CategoryEntry| {
        json!({
            "code": entry.code.as_str(), "name": named(entry), "parent": entry.parent.as_ref().map(Category::as_str),
            "filed": entry.leaf.is_some(), "class": entry.leaf.as_ref().map(|leaf| leaf.class.name()),
        })
    };
    let line = |entry: &CategoryEntry| {
        let depth = categories().ancestors(&entry.code).count();
        let mark = if entry.leaf.is_some() { "" } else { ":" };
        format!("{:indent$}{:<28} {}{mark}", "", entry.code.as_str(), named(entry), indent = depth.saturating_mul(2))
    };
    let mut lines: Vec<String> = found.iter().map(|entry| line(entry)).collect();
    if near {
        lines.insert(0, words::say("areas.near", lang, &[("text", &wanted)]));
    }
    (json!({ "categories": found.into_iter().map(one).collect::<Vec<_>>(), "near": near }), lines.join("\n"))
}

/// Whom to ask.
///
/// # Errors
/// If there is no such complaint or category.
pub(crate) async fn route(
    mut caller: Caller<SqliteStore>,
    asked: RouteArguments,
    lang: Language,
) -> Result<(Value, String), Failure> {
    let request = wire::RouteRequest {
        complaint: asked.complaint.unwrap_or_default(),
        category: asked.category.unwrap_or_default(),
        area: asked.area,
        about: asked.about,
        language: lang.code().to_owned(),
    };
    let reply = caller.route(request).await?;
    let step = |step: &wire::RouteStep| {
        json!({
            "unit": step.unit, "name": step.name, "ground": step.ground, "reason": step.reason,
            "home": if step.home.is_empty() { Value::Null } else { json!(step.home) },
        })
    };
    let value = json!({
        "category": reply.category, "area": reply.area, "steps": reply.steps.iter().map(step).collect::<Vec<_>>(),
        "left_out": reply.left_out.iter().map(step).collect::<Vec<_>>(),
    });
    let mut lines: Vec<String> = (1..)
        .zip(&reply.steps)
        .map(|(number, step)| format!("{number:>2}. {:<24} {}", step.unit, step.reason))
        .collect();
    if !reply.left_out.is_empty() {
        lines.push(words::say("route.left-out", lang, &[]));
        lines.extend(reply.left_out.iter().map(|step| format!("    {:<24} {}", step.unit, step.reason)));
    }
    Ok((value, lines.join("\n")))
}
