//! Walking a complaint through its story, step by step, as the people at the desks would.

use serde_json::Value;

use super::cases::Case;
use crate::federation::{Federation, FederationError, PATIENCE};
use crate::wait::until;

type Result<T> = std::result::Result<T, FederationError>;

/// A complaint on its way.
#[derive(Clone, Debug)]
pub(crate) struct Walk<'a> {
    pub(crate) federation: &'a Federation,
    /// Its id, known everywhere.
    pub(crate) id: String,
    /// What the reporter keeps.
    pub(crate) tracking: String,
    origin: String,
}

/// The node at which a unit is at home: the longest prefix among the demo's nodes.
pub(crate) fn home(unit: &str) -> &'static str {
    let within = |code: &str| unit == code || unit.strip_prefix(code).is_some_and(|rest| rest.starts_with('.'));
    let codes = super::NODES.iter().map(|(code, _)| *code);
    codes.filter(|code| within(code)).max_by_key(|code| code.len()).unwrap_or("id")
}

/// Files a case at its node.
pub(crate) async fn file<'a>(federation: &'a Federation, case: &Case) -> Result<Walk<'a>> {
    let mut arguments = vec!["file", "--unit", &case.unit, "--class", &case.class, "--channel", &case.channel];
    arguments.extend(["--visibility", &case.visibility, "--category", &case.category, "--text", &case.narrative]);
    if case.on_behalf {
        arguments.push("--on-behalf");
    }
    if let Some(about) = &case.about {
        arguments.extend(["--about", about]);
    }
    let reporter = federation.node_folder(&case.node).join(format!("reporter-{}.json", case.key));
    let path = reporter.display().to_string();
    if let Some(person) = &case.reporter {
        // Personal data go by a file, not by the argument list, which every process of the machine can read.
        std::fs::write(&reporter, serde_json::to_vec(person).unwrap_or_default())?;
        arguments.extend(["--reporter-file", &path]);
    }
    let filed = federation.ask(&case.node, &arguments).await;
    if case.reporter.is_some() {
        std::fs::remove_file(&reporter)?;
    }
    let filed = filed?;
    let text = |name: &str| filed[name].as_str().unwrap_or_default().to_owned();
    Ok(Walk { federation, id: text("complaint"), tracking: text("tracking"), origin: case.node.clone() })
}

impl Walk<'_> {
    /// Does one thing at one node.
    pub(crate) async fn act(&self, node: &str, action: &str, options: &[&str], text: &str) -> Result<Value> {
        let mut arguments = if action == "verify" { vec!["complaint", action] } else { vec![action] };
        arguments.push(&self.id);
        arguments.extend(options);
        if !text.is_empty() {
            arguments.extend(["--text", text]);
        }
        self.federation.ask(node, &arguments).await
    }

    /// Where the complaint stands at a node, if it is there.
    pub(crate) async fn standing(&self, node: &str) -> Option<Value> {
        let list = self.federation.ask(node, &["list", "--limit", "1000"]).await.ok()?;
        list["complaints"].as_array()?.iter().find(|row| row["id"] == *self.id).cloned()
    }

    /// Waits until the complaint is held by `unit`, as its node sees it, in one of these states.
    pub(crate) async fn arrives(&self, unit: &str, states: &[&str]) -> Result<()> {
        let node = home(unit);
        let what = format!("{} at {unit}, {}", self.tracking, states.join(" or "));
        let there = until(&what, PATIENCE, async || {
            let row = self.standing(node).await?;
            (row["unit"] == unit && states.iter().any(|state| row["state"] == *state)).then_some(())
        });
        Ok(there.await?)
    }

    /// Waits until a node sees the complaint in a state.
    pub(crate) async fn reads(&self, node: &str, state: &str) -> Result<()> {
        let what = format!("{} {state} as seen at {node}", self.tracking);
        let seen = until(&what, PATIENCE, async || (self.standing(node).await?["state"] == state).then_some(()));
        Ok(seen.await?)
    }

    /// Asks for a transfer, waits until the other body has it, and accepts it there.
    pub(crate) async fn transfer(&self, from: &str, to: &str, why: &str, accept: &str) -> Result<()> {
        self.act(from, "transfer", &["--to", to, "--reason", "not-my-authority"], why).await?;
        self.arrives(to, &["received"]).await?;
        self.act(home(to), "accept", &[], accept).await?;
        Ok(())
    }

    /// The whole story of a case after its filing.
    pub(crate) async fn through(&self, case: &Case) -> Result<()> {
        let mut node = case.node.as_str();
        let mut unit = case.unit.as_str();
        match case.route.as_str() {
            "new" => return Ok(()),
            "archive" | "defer" => {
                let reason = case.reason.as_deref().unwrap_or("other");
                self.act(node, &case.route, &["--reason", reason], case.note(&case.route)).await?;
                return Ok(());
            }
            _ => {}
        }
        self.act(node, "verify", &[], case.note("verify")).await?;
        if let Some(first) = &case.first {
            self.act(node, "dispose", &["--to", first], case.note("dispose")).await?;
            let back = ["--to", unit, "--unit", first, "--reason", "not-my-authority"];
            self.act(node, "dispose", &back, case.note("hand_back")).await?;
        }
        if let Some(via) = &case.via {
            self.transfer(node, via, case.note("transfer_province"), case.note("accept_province")).await?;
            (node, unit) = (home(via), via);
        }
        if let Some(to) = &case.to {
            let notes = ["transfer_ministry", "transfer_city", "transfer_down", "transfer_province"];
            let why = notes.iter().map(|step| case.note(step)).find(|note| !note.is_empty()).unwrap_or_default();
            self.transfer(node, to, why, case.note("accept")).await?;
            (node, unit) = (home(to), to);
        }
        if let Some(agency) = case.agency.as_deref().filter(|agency| *agency != unit) {
            let step = if case.first.is_some() { "dispose_again" } else { "dispose" };
            self.act(node, "dispose", &["--to", agency], case.note(step)).await?;
        }
        self.answer(case, node).await
    }

    async fn answer(&self, case: &Case, node: &str) -> Result<()> {
        if let Some(text) = &case.follow_up {
            self.act(node, "follow-up", &[], text).await?;
        }
        let Some(text) = &case.response else { return Ok(()) };
        self.act(node, "respond", &[], text).await?;
        if let Some(reply) = &case.reply {
            self.reads(&self.origin, "awaiting").await?;
            self.act(&self.origin, "reply", &[], reply).await?;
            self.reads(node, "in-progress").await?;
            if case.notes.contains_key("confirm") {
                self.act(node, "respond", &[], case.note("response")).await?;
            }
        }
        if let Some(word) = case.notes.get("confirm") {
            self.reads(&self.origin, "awaiting").await?;
            self.act(&self.origin, "confirm", &[], word).await?;
            self.confirmed(node).await?;
            self.act(node, "close", &[], "").await?;
        }
        Ok(())
    }

    /// Waits until the reporter's word is at the node that closes: a close should have seen it.
    async fn confirmed(&self, node: &str) -> Result<()> {
        let what = format!("the reporter's word on {} at {node}", self.tracking);
        let there = until(&what, PATIENCE, async || {
            let shown = self.federation.node(node, &["show", &self.id, "--json"]).await.ok()?;
            shown.contains("confirmed").then_some(())
        });
        Ok(there.await?)
    }

    /// The complaint's timeline, as a node shows it.
    pub(crate) async fn timeline(&self, node: &str) -> Result<String> {
        self.federation.node(node, &["show", &self.id, "--lang", "id"]).await
    }
}
