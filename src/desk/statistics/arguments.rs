//! What both programs' command lines ask of statistics. It does nothing.

use crate::domain::Class;
use crate::store::Dimension;
use clap::Args;
use clap::builder::PossibleValuesParser;

/// What is asked.
#[derive(Debug, Args)]
pub struct Arguments {
    /// By what, separated by commas; the sum of all if it is empty.
    #[arg(long, value_name = "WHAT", value_delimiter = ',', default_value = "unit", value_parser = PossibleValuesParser::new(Dimension::ALL.map(Dimension::name).into_iter().chain([""])))]
    pub by: Vec<String>,
    /// Only those held by this unit or one below it.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub unit: String,
    /// Only those that happened there: a code such as 13.71, or at a node a name; see `lintas-node areas`.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub area: String,
    /// Only those about this category, or this group of them.
    #[arg(long, default_value = "", hide_default_value = true)]
    pub category: String,
    /// Only those of this class.
    #[arg(long, default_value = "", hide_default_value = true, value_parser = PossibleValuesParser::new(Class::ALL.iter().map(|class| class.name()).chain([""])))]
    pub class: String,
    /// Only those filed in these months: 2026-11, or 2026-01..2026-11.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "FROM..TO")]
    pub month: String,
    /// For the public: leave out figures under 10, and those by which they could be found.
    #[arg(long)]
    pub public: bool,
    /// A table for other programs, with every figure; times in seconds.
    #[arg(long)]
    pub csv: bool,
}

impl Arguments {
    /// By what, nothing left out.
    #[must_use]
    pub fn by(&self) -> Vec<String> {
        self.by.iter().filter(|name| !name.is_empty()).cloned().collect()
    }
}
