//! What a table can say of a complaint: the fields by their names, which are also the columns of an export. It reads no cell.

/// A field that a column can be mapped to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Field {
    /// The other system's number for it.
    SourceId,
    /// What the reporter tells.
    Narrative,
    /// What kind.
    Class,
    /// What it is about.
    Category,
    /// Who may know what.
    Visibility,
    /// How it came in.
    Channel,
    /// Whether somebody filed it for the reporter.
    OnBehalf,
    /// The body complained of.
    About,
    /// Who answers for it.
    Unit,
    /// Where it stands.
    State,
    /// Its state in the other system's own words.
    SourceState,
    /// When it was filed in the other system.
    SourceFiledAt,
    /// When it was answered there.
    SourceAnsweredAt,
    /// What was done towards an answer.
    FollowUp,
    /// The answer.
    Response,
    /// The reporter's name.
    Name,
    /// The reporter's telephone number.
    Phone,
    /// The reporter's address.
    Address,
    /// Where mail goes to the reporter.
    Email,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 19] = [
        Self::SourceId,
        Self::Narrative,
        Self::Class,
        Self::Category,
        Self::Visibility,
        Self::Channel,
        Self::OnBehalf,
        Self::About,
        Self::Unit,
        Self::State,
        Self::SourceState,
        Self::SourceFiledAt,
        Self::SourceAnsweredAt,
        Self::FollowUp,
        Self::Response,
        Self::Name,
        Self::Phone,
        Self::Address,
        Self::Email,
    ];

    /// Its name in mappings, and its column in an export.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SourceId => "source_id",
            Self::Narrative => "narrative",
            Self::Class => "class",
            Self::Category => "category",
            Self::Visibility => "visibility",
            Self::Channel => "channel",
            Self::OnBehalf => "on_behalf",
            Self::About => "about",
            Self::Unit => "unit",
            Self::State => "state",
            Self::SourceState => "source_state",
            Self::SourceFiledAt => "source_filed_at",
            Self::SourceAnsweredAt => "source_answered_at",
            Self::FollowUp => "follow_up",
            Self::Response => "response",
            Self::Name => "name",
            Self::Phone => "phone",
            Self::Address => "address",
            Self::Email => "email",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// All names, for help.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// Whether a table without a column for it cannot be taken over.
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(self, Self::SourceId | Self::Narrative)
    }

    /// Whether its cells are words of a list, so that values can be mapped to them.
    #[must_use]
    pub const fn has_values(self) -> bool {
        matches!(
            self,
            Self::Class
                | Self::Category
                | Self::Visibility
                | Self::Channel
                | Self::OnBehalf
                | Self::About
                | Self::Unit
                | Self::State
        )
    }

    /// What an empty cell, or a missing column, stands for unless the mapping says otherwise.
    #[must_use]
    pub const fn default(self) -> &'static str {
        match self {
            Self::Class => "complaint",
            Self::Category => "lainnya",
            // Nobody was asked whether it may be public.
            Self::Visibility => "confidential",
            Self::Channel => "other",
            Self::OnBehalf => "no",
            Self::State => "new",
            Self::SourceId
            | Self::Narrative
            | Self::About
            | Self::Unit
            | Self::SourceState
            | Self::SourceFiledAt
            | Self::SourceAnsweredAt
            | Self::FollowUp
            | Self::Response
            | Self::Name
            | Self::Phone
            | Self::Address
            | Self::Email => "",
        }
    }
}
