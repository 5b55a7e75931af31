//! What can be said of taking complaints out and taking them over. It does nothing.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use lintas::desk::import::Ended;
use lintas::domain::complaint::DisplayState;

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "they are flags of a command line")]
pub(crate) struct Export {
    /// Where it goes: a new file, readable for this account only, in place once it is whole; - for standard output.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// A table or one JSON object a line; JSON lines with --json.
    #[arg(long, value_parser = PossibleValuesParser::new(["csv", "jsonl"]))]
    pub(crate) format: Option<String>,
    /// A table as Excel opens it: cells separated by semicolons, and a byte order mark.
    #[arg(long)]
    pub(crate) excel: bool,
    /// Take the place of a file that is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// With the reporters' names, telephone numbers and addresses. They are personal data.
    #[arg(long)]
    pub(crate) identity: bool,
    /// With the texts of confidential complaints.
    #[arg(long)]
    pub(crate) confidential: bool,
    /// Only those held by this unit or one below it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) unit: String,
    /// Only those in this state; may be repeated.
    #[arg(long, value_parser = PossibleValuesParser::new(DisplayState::ALL.iter().map(|state| state.name())))]
    pub(crate) state: Vec<String>,
    /// Only those held at this node.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) node: String,
    /// Only those filed at this node.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) origin: String,
    /// Only those with late events.
    #[arg(long)]
    pub(crate) late: bool,
    /// Only those that were taken over from another system.
    #[arg(long)]
    pub(crate) imported: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The table: CSV in UTF-8, its first line the names of the columns.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The other system's name: 1 to 40 lower-case letters, digits, dots and hyphens. Always the same one: with its number
    /// there, it names a complaint, which is so never taken over twice.
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<String>,
    /// A TOML file that says which column is which field, and which value which word.
    #[arg(long, value_name = "FILE")]
    pub(crate) mapping: Option<PathBuf>,
    /// Which column is which field: narrative="Isi Laporan"; over the mapping. May be repeated.
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = super::setting)]
    pub(crate) map: Vec<(String, String)>,
    /// What an empty cell or a missing column stands for: visibility=open; over the mapping. May be repeated.
    #[arg(long, value_name = "FIELD=WORD", value_parser = super::setting)]
    pub(crate) default: Vec<(String, String)>,
    /// How dates are written, such as %d/%m/%Y; may be repeated. Unless given, day before month, and ISO 8601.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) date: Vec<String>,
    /// What separates cells: a comma, a semicolon, tab, or |; found out unless given.
    #[arg(long, value_name = "SIGN")]
    pub(crate) delimiter: Option<String>,
    /// What becomes of complaints that ended there: closed here too, left open, or left out. The mapping says, or close.
    #[arg(long, value_parser = PossibleValuesParser::new(Ended::ALL.map(Ended::name)))]
    pub(crate) ended: Option<String>,
    /// Only check the file, and say what would be done.
    #[arg(long)]
    pub(crate) dry_run: bool,
}
