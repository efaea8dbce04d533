//! The measurements. Each takes the stand and gives figures; none prints more than its progress.

use std::time::{Duration, Instant};

use crate::Options;
use crate::prepare::Subject;
use crate::stand::{Behaviour, Process, Stand};
use crate::statistics::Samples;
use crate::webhook::{Webhook, Webhooks};

/// A subject's figures at one size of body.
#[derive(Clone, Debug, Default)]
pub struct Warm {
    /// Microseconds of processor time of a webhook, one value a round.
    pub cpu: Samples,
    /// Microseconds of wall time of a webhook, one value a webhook.
    pub latency: Samples,
    /// Webhooks a second of one process, one after the other, one value a round.
    pub rate: Samples,
}

/// A subject's figures.
#[derive(Clone, Debug)]
pub struct Figures {
    pub subject: Subject,
    /// Milliseconds from the start of the process to its first answer.
    pub cold: Samples,
    /// Milliseconds of processor time of the same.
    pub cold_cpu: Samples,
    pub small: Warm,
    pub large: Warm,
    /// Bytes, after all webhooks of both sizes.
    pub peak_memory: f64,
    /// Bytes.
    pub zip: f64,
}

/// Cold and warm, all subjects in turn in every round: what disturbs one disturbs all.
pub async fn compare(
    stand: &Stand,
    subjects: &[Subject],
    webhooks: &Webhooks,
    options: &Options,
) -> anyhow::Result<Vec<Figures>> {
    let mut figures = Vec::new();
    for subject in subjects {
        figures.push(Figures {
            cold: Samples::default(),
            cold_cpu: Samples::default(),
            small: Warm::default(),
            large: Warm::default(),
            peak_memory: 0.0,
            zip: subject.zip_size()?,
            subject: subject.clone(),
        });
    }
    for round in 0..=options.cold {
        progress("cold", round, options.cold);
        for figures in &mut figures {
            let mut process = stand.subject(&figures.subject, &[]);
            let time = process.webhook(&webhooks.large.event).await?;
            // The first one reads files that the others find in memory.
            if round > 0 {
                figures.cold.push(time.as_secs_f64() * 1e3);
                figures.cold_cpu.push(process.cpu_time()?.as_secs_f64() * 1e3);
            }
            process.end().await?;
        }
    }
    let mut processes: Vec<_> = subjects.iter().map(|subject| stand.subject(subject, &[])).collect();
    for round in 0..=options.rounds {
        progress("warm", round, options.rounds);
        for (process, figures) in processes.iter_mut().zip(&mut figures) {
            let small = warm(process, &webhooks.small, options.webhooks).await?;
            let large = warm(process, &webhooks.large, options.webhooks).await?;
            // In the first, a just-in-time compiler is at work.
            if round > 0 {
                figures.small.add(&small);
                figures.large.add(&large);
            }
        }
    }
    for (process, figures) in processes.iter().zip(&mut figures) {
        figures.peak_memory = process.peak_memory()?;
    }
    Ok(figures)
}

impl Warm {
    fn add(&mut self, other: &Self) {
        self.cpu.extend(&other.cpu);
        self.latency.extend(&other.latency);
        self.rate.extend(&other.rate);
    }
}

/// One round of webhooks, one after the other, as Lambda hands them to a process.
async fn warm(process: &mut Process<'_>, webhook: &Webhook, webhooks: u32) -> anyhow::Result<Warm> {
    let mut latency = Samples::default();
    // Starts the process, where it does not run.
    process.webhook(&webhook.event).await?;
    let (started, cpu) = (Instant::now(), process.cpu_time()?);
    for _ in 0..webhooks {
        latency.push(process.webhook(&webhook.event).await?.as_secs_f64() * 1e6);
    }
    let (wall, cpu) = (started.elapsed(), process.cpu_time()?.saturating_sub(cpu));
    let (mut each, mut rate) = (Samples::default(), Samples::default());
    each.push(cpu.as_secs_f64() * 1e6 / f64::from(webhooks));
    rate.push(f64::from(webhooks) / wall.as_secs_f64());
    Ok(Warm { cpu: each, latency, rate })
}

/// What a body of one size costs.
#[derive(Clone, Debug)]
pub struct Step {
    /// Of the body, in bytes, or of events.
    pub count: usize,
    pub body_bytes: usize,
    /// Microseconds of processor time of a webhook.
    pub cpu: Samples,
    /// Microseconds of wall time.
    pub latency: Samples,
    /// Bytes.
    pub peak_memory: f64,
}

/// Growth with the size of the body, to the most that Lambda takes. From 1 MiB on the event goes to the overflow store.
pub async fn bodies(
    stand: &Stand,
    ours: &Subject,
    webhooks: &Webhooks,
    options: &Options,
) -> anyhow::Result<Vec<Step>> {
    const KIB: usize = 1024;
    let sizes = [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096].map(|kib| kib * KIB);
    let mut runs = Vec::new();
    for size in sizes.into_iter().chain([6_000_000]) {
        runs.push((stand.subject(ours, &stand.store()), size, webhooks.contact_of(size)?));
    }
    in_turns(runs, options, "body sizes").await
}

/// Growth with the number of events that a webhook becomes. Without the raw payload: each event has all of it, and it is
/// itself as long as there are events.
pub async fn batches(
    stand: &Stand,
    ours: &Subject,
    webhooks: &Webhooks,
    options: &Options,
) -> anyhow::Result<Vec<Step>> {
    let variables = [("INCLUDE_RAW", "false".to_owned())];
    let mut runs = Vec::new();
    for events in [1, 2, 5, 10, 20, 50, 100, 200] {
        let webhook = webhooks.members(events)?;
        let before = stand.confirmed();
        let mut process = stand.subject(ours, &variables);
        process.webhook(&webhook.event).await?;
        anyhow::ensure!(stand.confirmed() - before == events as u64, "{events} events were not confirmed");
        runs.push((process, events, webhook));
    }
    in_turns(runs, options, "events of a webhook").await
}

/// Each process with its webhook, whose count is given: all in turn in every round.
async fn in_turns(
    mut runs: Vec<(Process<'_>, usize, Webhook)>,
    options: &Options,
    what: &str,
) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for (_, count, webhook) in &runs {
        let (cpu, latency) = (Samples::default(), Samples::default());
        steps.push(Step { count: *count, body_bytes: webhook.body_bytes, cpu, latency, peak_memory: 0.0 });
    }
    for round in 0..=options.rounds {
        progress(what, round, options.rounds);
        for ((process, _, webhook), step) in runs.iter_mut().zip(&mut steps) {
            let webhooks = u32::try_from(200_000 / webhook.body_bytes.max(1000))?.max(5).min(options.webhooks);
            let measured = warm(process, webhook, webhooks).await?;
            // The first one faults pages in.
            if round > 0 {
                step.cpu.extend(&measured.cpu);
                step.latency.extend(&measured.latency);
            }
        }
    }
    for ((process, ..), step) in runs.iter().zip(&mut steps) {
        step.peak_memory = process.peak_memory()?;
    }
    Ok(steps)
}

/// An SQS that throttles, and one that is silent.
#[derive(Clone, Debug)]
pub struct Slow {
    /// Milliseconds of a webhook.
    pub confirmed: Samples,
    /// Milliseconds of a webhook whose first attempt is throttled.
    pub throttled: Samples,
    /// Milliseconds until a 503: SQS is silent, there is no store.
    pub silent: Samples,
    /// Milliseconds until a 200: SQS is silent, the store has it.
    pub stored: Samples,
    /// Milliseconds until a 503: SQS is silent, and so is the store.
    pub all_silent: Samples,
}

pub async fn slow(stand: &Stand, ours: &Subject, webhooks: &Webhooks, options: &Options) -> anyhow::Result<Slow> {
    let event = &webhooks.large.event;
    let times = async |what: &str, behaviour, store: bool, s3_is_silent, status, webhooks: u32| {
        progress(what, 1, 1);
        let mut process = stand.subject(ours, store.then(|| stand.store()).as_ref().map_or(&[], |store| &store[..]));
        process.webhook(event).await?;
        stand.sqs(behaviour);
        stand.s3_is_silent(s3_is_silent);
        let mut times = Samples::default();
        for _ in 0..webhooks {
            times.push(process.answers(event, status).await?.as_secs_f64() * 1e3);
        }
        stand.sqs(Behaviour::Confirms);
        stand.s3_is_silent(false);
        anyhow::Ok(times)
    };
    Ok(Slow {
        confirmed: times("SQS confirms", Behaviour::Confirms, false, false, 200, options.slow * 10).await?,
        throttled: times("SQS throttles", Behaviour::ThrottlesFirst, false, false, 200, options.slow * 10).await?,
        silent: times("SQS is silent", Behaviour::Silent, false, false, 503, options.slow).await?,
        stored: times("SQS is silent, with a store", Behaviour::Silent, true, false, 200, options.slow).await?,
        all_silent: times("SQS and the store are silent", Behaviour::Silent, true, true, 503, options.slow).await?,
    })
}

/// A part of a long run.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Webhooks up to its end.
    pub webhooks: u32,
    /// Of the process that has been there from the start.
    pub old: Warm,
    /// Of processes just started, beside it: a machine has slow and fast minutes.
    pub new: Warm,
    /// Bytes that the old process has at its end.
    pub memory: f64,
}

/// One process over many webhooks, in ten parts, and in turns with it new ones with a tenth as many.
pub async fn soak(stand: &Stand, ours: &Subject, webhooks: &Webhooks, count: u32) -> anyhow::Result<Vec<Slice>> {
    const SLICES: u32 = 10;
    const TURNS: u32 = 20;
    let webhook = &webhooks.large;
    let turn = count.div_ceil(SLICES * TURNS);
    let mut old = stand.subject(ours, &[]);
    let mut slices = Vec::new();
    for slice in 1..=SLICES {
        progress("soak", slice, SLICES);
        let (mut of_old, mut of_new) = (Warm::default(), Warm::default());
        for _ in 0..TURNS {
            of_old.add(&warm(&mut old, webhook, turn).await?);
            let mut new = stand.subject(ours, &[]);
            // The first webhooks of a process fault its pages in.
            warm(&mut new, webhook, turn.div_ceil(20)).await?;
            of_new.add(&warm(&mut new, webhook, turn.div_ceil(10)).await?);
            new.end().await?;
        }
        slices.push(Slice { webhooks: turn * TURNS * slice, old: of_old, new: of_new, memory: old.memory()? });
    }
    Ok(slices)
}

/// How long the longest of these took, in milliseconds.
pub fn longest(slow: &Slow) -> f64 {
    [&slow.silent, &slow.stored, &slow.all_silent].iter().map(|times| times.max()).fold(0.0, f64::max)
}

fn progress(what: &str, at: impl std::fmt::Display, of: impl std::fmt::Display) {
    eprintln!("{what}: {at} of {of}");
}

/// So that a run's length can be said.
pub fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
