//! The command line's arguments for putting a category right and for linking complaints. It parses; what it means is the desk's.

use clap::Args;
use clap::builder::PossibleValuesParser;
use lintas::domain::Class;

use super::Acting;

#[derive(Debug, Args)]
pub(crate) struct Recategorise {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// What it is about: a code such as jalan-rusak; see `categories`.
    #[arg(long)]
    pub(crate) category: String,
    /// What kind of complaint it is, from which its deadlines follow; that of its category unless given.
    #[arg(long, value_parser = PossibleValuesParser::new(Class::ALL.iter().map(|class| class.name())))]
    pub(crate) class: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Other {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The other complaint, named in the same ways; by its whole id if it is not on this node.
    #[arg(value_name = "OTHER")]
    pub(crate) other: String,
}

#[derive(Debug, Args)]
pub(crate) struct Double {
    #[command(flatten)]
    pub(crate) acting: Acting,
    /// The complaint that is answered for both, named in the same ways; by its whole id if it is not on this node.
    #[arg(long, value_name = "OTHER")]
    pub(crate) of: String,
}
