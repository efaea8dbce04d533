//! Figures of repeated measurements.

use std::fmt;

/// Measurements of one thing.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    pub fn extend(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    /// The quantile of the values: 0.5 is the median. NaN without values.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut values = self.0.clone();
        values.sort_by(f64::total_cmp);
        let last = values.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is an index")]
        let index = (share * last as f64).round() as usize;
        values.get(index).copied().unwrap_or(f64::NAN)
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The median of the ratios to the other's value of the same round, because the machine's speed varies.
    pub fn of(&self, other: &Self) -> f64 {
        Self(self.0.iter().zip(&other.0).map(|(one, other)| one / other).collect()).median()
    }

    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Formats the median and the interquartile range.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (low, high) = (self.quantile(0.25), self.quantile(0.75));
        write!(f, "{} ({}–{})", figure(self.median()), figure(low), figure(high))
    }
}

/// Formats a value with three significant digits, which is more than two runs agree on.
pub fn figure(value: f64) -> String {
    match value.abs() {
        _ if value.is_nan() => "–".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
