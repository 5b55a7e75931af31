//! The part of the command line that is about training. It does nothing.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use lintas::domain::UnitCode;
use lintas::runtime::practice::SPEED_MAX;

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;
/// The furthest that a clock is set ahead at once, in minutes: a leap year.
const AHEAD_MINUTES_MAX: i64 = 366 * 24 * 60;

#[derive(Debug, Subcommand)]
pub(crate) enum Practice {
    /// Make a training, or go on with one, until told to stop.
    ///
    /// A hub and nodes of a federation of their own, all on this machine, and simulated residents and units that file, answer, return and
    /// sleep. Officers use the nodes by the same commands as real ones. Ctrl-C, SIGTERM or `practice stop` end it in order; what was done
    /// stays, and its clock stands still until the next start.
    Start(Start),
    /// How it stands: what its clock shows, how fast that runs, who runs, how many complaints there are.
    Status(Place),
    /// How many hours pass in one; 0 stops the clock.
    Speed(Speed),
    /// Set its clock ahead: 3d, 5h or 30m.
    Ahead(Ahead),
    /// End it in order; what was done stays.
    Stop(Place),
    /// End it and remove it with all that was done in it.
    ///
    /// Only a training's folder is ever removed, and nothing in it that is not the training's.
    Reset(Reset),
    /// Become a program of the training that ends with it.
    #[command(hide = true)]
    Attend(Attend),
}

/// Which training.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The training's folder; lintas-latihan unless given.
    #[arg(long, env = "LINTAS_PRACTICE", default_value = "lintas-latihan", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Start {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How many hours pass in one; 60 unless given, or as it was.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(SPEED_MAX)))]
    pub(crate) speed: Option<u32>,
    /// The hub's program, if it is neither beside this one nor on the search path.
    #[arg(long, value_name = "PROGRAM")]
    pub(crate) hub: Option<PathBuf>,
    /// A node; may be repeated. Of a new training; id, 13, 13.71 and kl.pu unless given, id in any case.
    #[arg(long, value_name = "CODE", value_parser = unit)]
    pub(crate) node: Vec<String>,
    /// A unit whose part is played by whoever is trained, such as 13.71.dlh; may be repeated. Those named before unless given.
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    pub(crate) mine: Vec<String>,
    /// What all chance of a new training comes from: the same number, the same units asleep.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Speed {
    /// How many.
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(0..=i64::from(SPEED_MAX)))]
    pub(crate) speed: u32,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Ahead {
    /// How far: a number with d, h or m, at most 366d.
    #[arg(value_name = "TIME", value_parser = ahead)]
    pub(crate) micros: i64,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Do it without being asked.
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Attend {
    /// Whose it is.
    pub(crate) parent: u32,
    /// What it becomes.
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) command: Vec<OsString>,
}

fn unit(text: &str) -> Result<String, String> {
    UnitCode::parse(text).map(|unit| unit.to_string()).map_err(|error| error.to_string())
}

/// Microseconds.
fn ahead(text: &str) -> Result<i64, String> {
    let read = || {
        let (number, minutes) = [('d', 1_440), ('h', 60), ('m', 1)]
            .into_iter()
            .find_map(|(sign, minutes)| Some((text.strip_suffix(sign)?, minutes)))?;
        let number: i64 = number.parse().ok().filter(|number| *number > 0)?;
        number.checked_mul(minutes).filter(|minutes| *minutes <= AHEAD_MINUTES_MAX)
    };
    let minutes = read().ok_or("it is a number with d, h or m, such as 3d, and at most 366d")?;
    Ok(minutes.saturating_mul(MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_is_set_back_or_out_of_this_world() {
        assert_eq!(ahead("3d"), Ok(3 * 86_400_000_000));
        assert_eq!((ahead("5h"), ahead("30m")), (Ok(18_000_000_000), Ok(1_800_000_000)));
        for wrong in ["", "d", "3", "-1d", "0h", "367d", "9999999999999999d", "3w", "3 d"] {
            assert!(ahead(wrong).is_err(), "{wrong}");
        }
    }
}
