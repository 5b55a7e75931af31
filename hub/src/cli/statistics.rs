//! The command line of statistics.

use clap::Args;
use clap::builder::PossibleValuesParser;
use lintas::domain::Class;
use lintas::store::Dimension;

/// What is asked.
#[derive(Debug, Args)]
pub(crate) struct Statistics {
    /// By what, separated by commas; the sum of all if it is empty.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "unit", value_parser = PossibleValuesParser::new(Dimension::ALL.map(Dimension::name).into_iter().chain([""])))]
    pub(crate) by: Vec<String>,
    /// Only those held by this unit or one below it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) unit: String,
    /// Only those that happened there: a code such as 13.71.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) area: String,
    /// Only those about this category, or this group of them.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) category: String,
    /// Only those of this class.
    #[arg(long, default_value = "", hide_default_value = true, value_parser = PossibleValuesParser::new(Class::ALL.iter().map(|class| class.name()).chain([""])))]
    pub(crate) class: String,
    /// Only those filed in these months: 2026-11, or 2026-01..2026-11.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "FROM..TO")]
    pub(crate) month: String,
    /// For the public: leave out figures under 10, and those by which they could be found.
    #[arg(long)]
    pub(crate) public: bool,
    /// A table for other programs, with every figure; times in seconds.
    #[arg(long)]
    pub(crate) csv: bool,
}

impl Statistics {
    /// By what, nothing left out.
    pub(crate) fn by(&self) -> Vec<String> {
        self.by.iter().filter(|name| !name.is_empty()).cloned().collect()
    }
}
