//! The retry schedule of a CRM: `shared/normalize/src/crm/<name>/retries.txt`.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use jiff::SignedDuration;

use crate::fields::folder;

/// The retry schedule of a CRM for webhooks that were not answered 200.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retries(Vec<Line>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    pause: Duration,
    times: RangeInclusive<u64>,
}

impl Retries {
    /// Reads the schedule of a CRM; `root` is the workspace's folder. It is empty for a CRM that never sends again.
    ///
    /// # Errors
    /// If there is no schedule, or a line of it is neither a comment nor a pause.
    pub fn of_crm(root: &Path, name: &str) -> anyhow::Result<Self> {
        let path = folder(root, name).join("retries.txt");
        let text = String::from_utf8(crate::read(&path)?)?;
        let mut lines = Vec::new();
        for (number, line) in (1_usize..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let parsed = Line::parse(line);
                lines.push(parsed.with_context(|| format!("{}:{number}: expected `5min | 3`", path.display()))?);
            }
        }
        Ok(Self(lines))
    }

    /// The pauses before each redelivery of one webhook. `own` is a number of the webhook; it decides the number of
    /// retries if the schedule has a range.
    pub fn pauses(&self, own: u64) -> Vec<Duration> {
        let times = |Line { pause, times }: &Line| {
            let choices = times.end().saturating_sub(*times.start()).saturating_add(1);
            let times = times.start().saturating_add(own.checked_rem(choices).unwrap_or_default());
            std::iter::repeat_n(*pause, usize::try_from(times).unwrap_or(usize::MAX))
        };
        self.0.iter().flat_map(times).collect()
    }

    /// The time from the first attempt to the last, with the maximum number of retries.
    pub fn total(&self) -> Duration {
        let of_line = |line: &Line| line.pause.saturating_mul(u32::try_from(*line.times.end()).unwrap_or(u32::MAX));
        self.0.iter().map(of_line).fold(Duration::ZERO, Duration::saturating_add)
    }
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let (pause, times) = line.split_once('|').unwrap_or((line, "1"));
        let (least, most) = times.split_once('-').unwrap_or((times, times));
        let times = least.trim().parse().ok()?..=most.trim().parse().ok()?;
        let pause: SignedDuration = pause.trim().parse().ok()?;
        (!times.is_empty()).then_some(Self { pause: Duration::try_from(pause).ok()?, times })
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Retries};

    #[test]
    fn lines() {
        let pauses = |lines: &[&str], own| {
            let retries = Retries(lines.iter().map(|line| Line::parse(line).unwrap()).collect());
            retries.pauses(own).iter().map(std::time::Duration::as_millis).collect::<Vec<_>>()
        };
        assert_eq!(pauses(&["5s", "2min | 2", "1h"], 7), [5000, 120_000, 120_000, 3_600_000]);
        assert_eq!(pauses(&["1.5s | 0-4"], 5), [0; 0]);
        assert_eq!(pauses(&["1.5s | 0-4"], 9), [1500; 4]);
        for wrong in ["5", "5s 3", "5s | x", "5s | 4-0", "-5s", "| 3"] {
            assert_eq!(Line::parse(wrong), None, "{wrong}");
        }
    }
}
