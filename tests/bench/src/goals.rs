//! The aims of the benchmark, compared with the results.

use anyhow::Context;

use crate::measure::{Figures, Slice, Slow, Step, longest};
use crate::prepare::FUNCTION;
use crate::statistics::{Samples, figure};

/// One aim: a measured value and its bound.
#[derive(Clone, Debug)]
pub struct Goal {
    pub what: String,
    pub value: f64,
    /// The maximum value.
    pub bound: f64,
    pub unit: &'static str,
}

impl Goal {
    fn new(what: impl Into<String>, value: f64, bound: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, bound, unit }
    }

    pub fn is_met(&self) -> bool {
        self.value <= self.bound
    }

    /// The table cells: aim, bound, measured value, result.
    pub fn cells(&self) -> [String; 4] {
        let bound = format!("≤ {}{}", self.bound, self.unit);
        let met = match self.is_met() {
            true => "met",
            false if self.value.is_nan() => "not measured",
            false => "**missed**",
        };
        [self.what.clone(), bound, format!("{}{}", figure(self.value), self.unit), met.to_owned()]
    }
}

/// All measurements.
#[derive(Debug)]
pub struct Results {
    pub figures: Vec<Figures>,
    pub shipped: Vec<(&'static str, f64)>,
    pub bodies: Vec<Step>,
    pub batches: Vec<Step>,
    pub slow: Slow,
    pub soak: Vec<Slice>,
}

impl Results {
    /// # Errors
    /// If our function was not measured.
    pub fn goals(&self) -> anyhow::Result<Vec<Goal>> {
        let find = |name: &str| self.figures.iter().find(|figures| figures.subject.name == name);
        let ours = find("ours").context("ours was not measured")?;
        let ratio = |of: fn(&Figures) -> &Samples| find("tuned").map_or(f64::NAN, |tuned| of(ours).of(of(tuned)));
        let mut goals = vec![
            Goal::new("cold start, relative to tuned", ratio(|of| &of.cold), 1.0, " ×"),
            Goal::new("CPU of a large webhook, relative to tuned", ratio(|of| &of.large.cpu), 1.2, " ×"),
            Goal::new("CPU of a small webhook, relative to tuned", ratio(|of| &of.small.cpu), 1.2, " ×"),
        ];
        for (name, bound) in [("plain", 0.9), ("node", 0.4), ("python", 0.25)] {
            for (size, of) in
                [("large", (|of| &of.large.cpu) as fn(&Figures) -> &Samples), ("small", |of| &of.small.cpu)]
            {
                let value = find(name).map_or(f64::NAN, |other| of(ours).of(of(other)));
                goals.push(Goal::new(format!("CPU of a {size} webhook, relative to {name}"), value, bound, " ×"));
            }
        }
        for (processor, size) in &self.shipped {
            goals.push(Goal::new(format!("zip, {processor}"), size / 1e6, 2.3, " MB"));
        }
        if self.shipped.is_empty() {
            goals.push(Goal::new(format!("zip of {FUNCTION}, built for this machine"), ours.zip / 1e6, 2.3, " MB"));
        }
        let mebibyte = self.bodies.iter().find(|step| step.count == 1 << 20).map_or(f64::NAN, |step| step.peak_memory);
        goals.extend([
            Goal::new("peak memory", ours.peak_memory / 1e6, 8.0, " MB"),
            Goal::new("peak memory, body of 1 MiB", mebibyte / 1e6, 16.0, " MB"),
        ]);
        if let (Some(first), Some(last)) = (self.soak.first(), self.soak.last()) {
            let of = last.webhooks;
            let (latency, memory) = (last.old.latency.median() / last.new.latency.median(), last.memory / first.memory);
            goals.push(Goal::new(
                format!("latency, last tenth of {of} webhooks, relative to new processes"),
                latency,
                1.05,
                " ×",
            ));
            goals.push(Goal::new(
                format!("memory, last tenth of {of} webhooks, relative to the first"),
                memory,
                1.05,
                " ×",
            ));
        }
        goals.extend([
            Goal::new("time per byte, longest body relative to the shortest", growth(&self.bodies), 1.0, " ×"),
            Goal::new("time per event, largest batch relative to ten", batch_growth(&self.batches), 1.0, " ×"),
            Goal::new(
                "additional time for a throttled attempt",
                self.slow.throttled.max() - self.slow.confirmed.median(),
                150.0,
                " ms",
            ),
            Goal::new("maximum time until a vendor gets its response", longest(&self.slow) / 1e3, 6.0, " s"),
        ]);
        Ok(goals)
    }
}

/// The growth of the time per byte. Below 1 if the time grows no faster than the body, because every webhook has a
/// fixed part.
fn growth(steps: &[Step]) -> f64 {
    let bytes = |step: &Step| step.body_bytes as f64;
    steps
        .first()
        .zip(steps.last())
        .map_or(f64::NAN, |(first, last)| last.cpu.of(&first.cpu) * bytes(first) / bytes(last))
}

/// The growth of the time per event, compared with ten events, the maximum of an SQS batch. Smaller batches differ by a
/// request.
fn batch_growth(steps: &[Step]) -> f64 {
    let events = |step: &Step| step.count as f64;
    let ten = steps.iter().find(|step| step.count == 10);
    ten.zip(steps.last()).map_or(f64::NAN, |(ten, last)| last.cpu.of(&ten.cpu) * events(ten) / events(last))
}
