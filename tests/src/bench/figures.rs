//! Figures of several runs: median, least and most, percentiles, and ratios run by run. Pure arithmetic.

use serde_json::{Value, json};

/// A figure over the runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// Of the runs; none if there is no run.
    pub(super) fn of(runs: &[f64]) -> Option<Self> {
        Some(Self { median: percentile(runs, 0.5)?, least: percentile(runs, 0.0)?, most: percentile(runs, 1.0)? })
    }

    /// As JSON.
    pub(super) fn json(&self) -> Value {
        json!({ "median": self.median, "min": self.least, "max": self.most })
    }
}

/// The value below which a share of the values lies, straight between the nearest two; none of no values.
pub(super) fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * wide(last);
    let (mut below, mut above) = (f64::NAN, f64::NAN);
    for (index, value) in sorted.iter().enumerate() {
        let index = wide(index);
        if index <= place {
            below = *value;
        }
        if index >= place {
            above = *value;
            break;
        }
    }
    Some(below + (above - below) * place.fract())
}

/// The times of the second divided by those of the first, run by run: above 1 the first is faster.
pub(super) fn ratios(first: &[f64], second: &[f64]) -> Vec<f64> {
    first.iter().zip(second).map(|(first, second)| second / first).collect()
}

/// A count as a number to calculate with; exact up to 2^32.
pub(super) fn wide(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() < 1e-9
    }

    #[test]
    fn median_is_the_mean_or_the_first() {
        let spread = Spread::of(&[9.0, 1.0, 2.0]).unwrap();
        assert!(near(spread.median, 2.0) && near(spread.least, 1.0) && near(spread.most, 9.0), "{spread:?}");
        assert!(near(percentile(&[1.0, 2.0], 0.5).unwrap(), 1.5));
        let hundred: Vec<f64> = (0_u32..=100).map(f64::from).collect();
        assert!(near(percentile(&hundred, 0.99).unwrap(), 99.0));
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn slower_one_gets_the_better_ratio() {
        assert_eq!(ratios(&[10.0, 4.0], &[5.0, 8.0]), [0.5, 2.0]);
    }
}
