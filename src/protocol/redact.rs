//! What messages with personal data show of themselves in logs: nothing personal.

use std::fmt;

use super::desk::v1::{
    Account, ActReply, ActRequest, ChangeAccountRequest, FileReply, FileRequest, ImportItem, ImportReply,
    ImportRequest, Imported, LoginReply, LoginRequest, NewAccount, NewPassword, Notice, Original, Part, Reporter,
    RouteRequest, ShowReply, ShowRequest, Summary,
};

impl fmt::Debug for FileRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRequest").field("unit", &self.unit).field("class", &self.class).finish_non_exhaustive()
    }
}

impl fmt::Debug for RouteRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteRequest").field("category", &self.category).finish_non_exhaustive()
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reporter(personal)")
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice").field("id", &self.id).field("step", &self.step).finish_non_exhaustive()
    }
}

impl fmt::Debug for ImportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportRequest").field("items", &self.items.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for ImportItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportItem").field("filing", &self.filing).field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").field("source", &self.source).finish_non_exhaustive()
    }
}

impl fmt::Debug for ImportReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportReply").field("imported", &self.imported.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Imported")
            .field("complaint", &self.complaint)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ActRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActRequest").field("unit", &self.unit).finish_non_exhaustive()
    }
}

impl fmt::Debug for FileReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReply")
            .field("complaint", &self.complaint)
            .field("unit", &self.unit)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ActReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ActReply")
            .field("complaint", &self.complaint)
            .field("change", &self.change)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summary")
            .field("id", &self.id)
            .field("unit", &self.unit)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ShowRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name that was typed may be a tracking number.
        f.debug_struct("ShowRequest").field("after", &self.after).finish_non_exhaustive()
    }
}

impl fmt::Debug for ShowReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShowReply")
            .field("complaint", &self.complaint)
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("index", &self.index).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for super::desk::v1::act_request::Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Action")
    }
}

impl fmt::Debug for super::desk::v1::change_account_request::Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Change")
    }
}

impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginRequest(secret)")
    }
}

impl fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginReply(secret)")
    }
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("role", &self.role).field("unit", &self.unit).finish_non_exhaustive()
    }
}

impl fmt::Debug for ChangeAccountRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeAccountRequest(secret)")
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(secret)")
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("pseudonym", &self.pseudonym).field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for super::federation::v1::Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("index", &self.index).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl fmt::Debug for super::federation::v1::JoinProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinProof(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::desk::v1 as wire;
    use super::super::federation::v1 as link;

    /// What a person wrote, in every field that can hold it.
    const PERSONAL: &str = "CANARY";

    fn text() -> String {
        PERSONAL.to_owned()
    }

    fn part() -> wire::Part {
        wire::Part { content: PERSONAL.into(), ..wire::Part::default() }
    }

    #[test]
    fn message_shows_what_a_person_wrote() {
        let reporter = wire::Reporter { name: text(), phone: text(), address: text(), email: text() };
        let filing = wire::FileRequest { narrative: text(), reporter: Some(reporter), ..wire::FileRequest::default() };
        let action = wire::act_request::Action::Redact(wire::Redact { event: text() });
        let act =
            wire::ActRequest { complaint: text(), text: text(), action: Some(action), ..wire::ActRequest::default() };
        let summary = wire::Summary { tracking: text(), ..wire::Summary::default() };
        let event = wire::FiledEvent { parts: vec![part()], ..wire::FiledEvent::default() };
        let show = wire::ShowReply {
            tracking: text(),
            events: vec![event.clone()],
            summary: Some(summary.clone()),
            ..wire::ShowReply::default()
        };
        let password = || wire::NewPassword { password: text(), one_time: false };
        let change = wire::change_account_request::Change::Password(password());
        let new = wire::NewAccount {
            login: text(),
            name: text(),
            person: text(),
            password: text(),
            ..wire::NewAccount::default()
        };
        let account = wire::Account { login: text(), name: text(), person: text(), ..wire::Account::default() };
        let part = link::Part { content: PERSONAL.into(), salt: PERSONAL.into(), ..link::Part::default() };
        let entry = link::Entry { parts: vec![part], ..link::Entry::default() };
        let batch = link::Batch { entries: vec![entry.clone()], ..link::Batch::default() };
        let delivery = link::Delivery { entry: Some(entry), ..link::Delivery::default() };
        let up = link::UpBatch { batch: Some(batch.clone()), ..link::UpBatch::default() };
        let down = link::Deliver { events: vec![delivery], ..link::Deliver::default() };
        let restored = link::Restored { batch: Some(batch), ..link::Restored::default() };
        for shown in [
            format!("{filing:?}"),
            format!("{act:?}"),
            format!("{event:?}"),
            format!("{:?}", wire::LoginRequest { login: text(), password: text(), new_password: text() }),
            format!("{:?}", wire::LoginReply { token: text(), ..wire::LoginReply::default() }),
            format!("{:?} {:?} {change:?}", wire::AddAccountsRequest { accounts: vec![new] }, password()),
            format!("{:?}", wire::ListAccountsReply { accounts: vec![account] }),
            format!("{:?}", wire::ChangeAccountRequest { login: text(), change: Some(change) }),
            format!("{show:?}"),
            format!("{up:?} {down:?} {restored:?}"),
            format!("{:?}", wire::FileReply { tracking: text(), ..wire::FileReply::default() }),
            format!("{:?}", wire::ActReply { tracking: text(), ..wire::ActReply::default() }),
            format!("{:?}", wire::ShowRequest { complaint: text(), ..wire::ShowRequest::default() }),
            format!("{:?}", wire::ListReply { complaints: vec![summary], ..wire::ListReply::default() }),
        ] {
            let bytes = format!("{:?}", PERSONAL.as_bytes());
            let bytes = bytes.trim_matches(['[', ']']);
            assert!(!shown.contains(PERSONAL) && !shown.contains(bytes), "{shown}");
        }
    }
}
