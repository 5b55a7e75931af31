//! A complaint as one row: its columns, which keep their names and their meaning, and what stands in them. Pure.

use crate::desk::Reporter;
use crate::desk::original::Original;
use crate::desk::story;
use crate::domain::{Change, Complaint, Event, EventHash, Outcome, PartKind, Registry, UnitCode, Visibility, fold};
use crate::journal::Part;
use crate::store::{File, FiledEvent};
use crate::words::iso;

/// What of a complaint may be exported.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// Texts at all: what reporters tell and officers answer.
    pub texts: bool,
    /// The texts of confidential complaints too.
    pub confidential: bool,
    /// Who the reporters are.
    pub identity: bool,
}

macro_rules! columns {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $kind:ident,)+) => {
        /// A column, in the order in which they stand.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Column { $($(#[$doc])* $variant,)+ }

        impl Column {
            /// Every column.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in the first line, and in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)+ }
            }
        }
    };
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Structured facts.
    Fact,
    /// Content.
    Text,
    /// Who the reporter is.
    Identity,
}

columns! {
    /// What the reporter keeps.
    Tracking = "tracking" Fact,
    /// The complaint's id, in hexadecimal.
    Id = "id" Fact,
    /// The node where it was filed.
    Origin = "origin" Fact,
    /// What kind.
    Class = "class" Fact,
    /// What it is about.
    Category = "category" Fact,
    /// Who may know what.
    Visibility = "visibility" Fact,
    /// How it came in.
    Channel = "channel" Fact,
    /// Whether somebody filed it for the reporter.
    OnBehalf = "on_behalf" Fact,
    /// The body complained of.
    About = "about" Fact,
    /// Who answers for it.
    Unit = "unit" Fact,
    /// That unit's public name.
    UnitName = "unit_name" Fact,
    /// The node of that unit.
    Node = "node" Fact,
    /// Where it stands.
    State = "state" Fact,
    /// How many times it changed hands between nodes or by the hub.
    HandOvers = "hand_overs" Fact,
    /// Late events to look at.
    Late = "late" Fact,
    /// When it was filed here, in UTC.
    FiledAt = "filed_at" Fact,
    /// When it was last answered here, in UTC.
    RespondedAt = "responded_at" Fact,
    /// The time of its newest event, in UTC.
    UpdatedAt = "updated_at" Fact,
    /// Whether it was taken over from another system.
    Imported = "imported" Fact,
    /// That system.
    Source = "source" Text,
    /// Its number there.
    SourceId = "source_id" Text,
    /// Its state there.
    SourceState = "source_state" Text,
    /// When it was filed there.
    SourceFiledAt = "source_filed_at" Text,
    /// When it was answered there.
    SourceAnsweredAt = "source_answered_at" Text,
    /// Whether the texts are here: shown, withheld, erased or absent.
    Content = "content" Text,
    /// What the reporter told.
    Narrative = "narrative" Text,
    /// The last follow-up.
    FollowUp = "follow_up" Text,
    /// The last answer.
    Response = "response" Text,
    /// The reporter's name.
    Name = "name" Identity,
    /// The reporter's telephone number.
    Phone = "phone" Identity,
    /// The reporter's address.
    Address = "address" Identity,
    /// Where mail goes to them.
    Email = "email" Identity,
}

impl Column {
    /// The columns of an export.
    pub fn of(shown: Shown) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |column| match column.kind() {
            Kind::Fact => true,
            Kind::Text => shown.texts,
            Kind::Identity => shown.texts && shown.identity,
        })
    }
}

/// A value in a column.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Nothing,
    /// A text.
    Text(String),
    /// A number.
    Number(u64),
    /// Yes or no.
    Bool(bool),
}

/// A complaint as one row.
pub struct Record {
    /// Its values, in the order of the columns.
    pub values: Vec<(Column, Value)>,
    withheld: bool,
}

/// What is needed to fill the columns.
struct Reading<'a> {
    file: &'a File,
    complaint: Complaint,
    registry: &'a Registry,
    original: Option<Original>,
    reporter: Reporter,
    shown: Shown,
}

impl Record {
    /// The row of a complaint; none if its filing is not here.
    #[must_use]
    pub fn of(file: &File, registry: &Registry, shown: Shown) -> Option<Self> {
        let events: Vec<Event> = file.events.iter().map(|filed| filed.event.clone()).collect();
        let complaint = fold(&events)?;
        let original = Original::of(file);
        let reporter = story::identity(file).unwrap_or_default();
        let reading = Reading { file, complaint, registry, original, reporter, shown };
        let values = Column::of(shown).map(|column| (column, reading.value(column))).collect();
        Some(Self { values, withheld: shown.texts && reading.is_withheld() })
    }

    /// Whether its texts were left out, since they are confidential.
    #[must_use]
    pub const fn is_withheld(&self) -> bool {
        self.withheld
    }
}

impl Reading<'_> {
    fn value(&self, column: Column) -> Value {
        let complaint = &self.complaint;
        let filing = &complaint.filing;
        match column {
            Column::Tracking => text(filing.tracking.to_string()),
            Column::Id => text(complaint.id.to_string()),
            Column::Origin => text(complaint.origin.to_string()),
            Column::Class => text(complaint.class.name()),
            Column::Category => text(complaint.category.as_str()),
            Column::Visibility => text(filing.visibility.name()),
            Column::Channel => text(filing.channel.name()),
            Column::OnBehalf => Value::Bool(filing.on_behalf),
            Column::About => text(filing.about.as_ref().map(UnitCode::to_string).unwrap_or_default()),
            Column::Unit => text(complaint.unit().to_string()),
            Column::UnitName => {
                let entry = self.registry.unit(complaint.unit());
                text(entry.map_or("", |entry| entry.listing.name.as_str()))
            }
            Column::Node => text(complaint.node().to_string()),
            Column::State => text(complaint.display().name()),
            Column::HandOvers => number(complaint.epochs.len().saturating_sub(1)),
            Column::Late => number(complaint.outcomes.values().filter(|outcome| **outcome == Outcome::Late).count()),
            Column::FiledAt => time(Some(complaint.filed_at)),
            Column::RespondedAt => time(self.last(&Change::Responded).map(|filed| filed.event.header.time)),
            Column::UpdatedAt => time(self.updated_at()),
            Column::Imported => Value::Bool(complaint.imported),
            Column::Source => self.said(|original| &original.source),
            Column::SourceId => self.said(|original| &original.id),
            Column::SourceState => self.said(|original| &original.state),
            Column::SourceFiledAt => self.said(|original| &original.filed),
            Column::SourceAnsweredAt => self.said(|original| &original.answered),
            Column::Content => text(self.content()),
            Column::Narrative => self.content_of(self.filed(), PartKind::Narrative),
            Column::FollowUp => self.content_of(self.last(&Change::FollowedUp), PartKind::Note),
            Column::Response => self.content_of(self.last(&Change::Responded), PartKind::Note),
            Column::Name => text(&*self.reporter.name),
            Column::Phone => text(&*self.reporter.phone),
            Column::Address => text(&*self.reporter.address),
            Column::Email => text(&*self.reporter.email),
        }
    }

    fn said(&self, fact: impl Fn(&Original) -> &String) -> Value {
        self.original.as_ref().map_or(Value::Nothing, |original| text(&**fact(original)))
    }

    fn updated_at(&self) -> Option<crate::domain::Timestamp> {
        let inside = self.file.events.iter().map(|filed| &filed.event).filter(|e| self.complaint.contains(&e.hash));
        inside.map(|event| event.header.time).max()
    }

    fn filed(&self) -> Option<&FiledEvent> {
        self.file.events.iter().find(|filed| filed.event.hash == self.complaint.filed)
    }

    /// The last event of a kind that counts, in the order of its author's journal within the last epoch that has one.
    fn last(&self, change: &Change) -> Option<&FiledEvent> {
        let counts = |filed: &&FiledEvent| {
            filed.event.header.change == *change
                && self.complaint.outcomes.get(&filed.event.hash) == Some(&Outcome::Counted)
        };
        let epoch =
            |opener: Option<EventHash>| self.complaint.epochs.iter().position(|epoch| Some(epoch.opener) == opener);
        let counted = self.file.events.iter().filter(counts);
        counted.max_by_key(|filed| (epoch(filed.event.header.opener), filed.event.header.position))
    }

    fn is_withheld(&self) -> bool {
        self.complaint.filing.visibility == Visibility::Confidential && !self.shown.confidential
    }

    fn content(&self) -> &'static str {
        let narrative = self.filed().and_then(|filed| filed.parts.iter().find(|part| part.kind == PartKind::Narrative));
        if self.complaint.redacted.contains(&self.complaint.filed) {
            "erased"
        } else if self.is_withheld() {
            "withheld"
        } else {
            match narrative {
                Some(part) if part.content().is_some() => "shown",
                Some(_) => "sealed",
                None => "absent",
            }
        }
    }

    fn content_of(&self, filed: Option<&FiledEvent>, kind: PartKind) -> Value {
        let part =
            filed.filter(|_| !self.is_withheld()).and_then(|filed| filed.parts.iter().find(|part| part.kind == kind));
        part.and_then(Part::content).map_or(Value::Nothing, |content| text(String::from_utf8_lossy(content)))
    }
}

fn text(text: impl Into<String>) -> Value {
    let text = text.into();
    if text.is_empty() { Value::Nothing } else { Value::Text(text) }
}

fn number(count: usize) -> Value {
    Value::Number(u64::try_from(count).unwrap_or(u64::MAX))
}

fn time(time: Option<crate::domain::Timestamp>) -> Value {
    time.and_then(iso).map_or(Value::Nothing, Value::Text)
}
