//! `make docs`: writes docs/CLI.md as both programs say it.

use anyhow::Context as _;
use lintas_tests::reference;

fn main() -> anyhow::Result<()> {
    let place = reference::place();
    std::fs::write(&place, reference::page()?).with_context(|| place.display().to_string())?;
    println!("{} is written", place.display());
    Ok(())
}
