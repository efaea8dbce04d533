//! The measurements. Each uses the stand and returns figures; it prints only its progress.

use std::time::{Duration, Instant};

use crate::Options;
use crate::prepare::Subject;
use crate::stand::{Behaviour, Process, Stand};
use crate::statistics::Samples;
use crate::webhook::{Webhook, Webhooks};

/// A subject's figures at one size of body.
#[derive(Clone, Debug, Default)]
pub struct Warm {
    /// Microseconds of processor time per webhook, one value per round.
    pub cpu: Samples,
    /// Microseconds of wall time per webhook, one value per webhook.
    pub latency: Samples,
    /// Sequential webhooks per second in one process, one value per round.
    pub rate: Samples,
}

/// A subject's figures.
#[derive(Clone, Debug)]
pub struct Figures {
    pub subject: Subject,
    /// Milliseconds from the start of the process to its first answer.
    pub cold: Samples,
    /// Milliseconds of processor time until the first answer.
    pub cold_cpu: Samples,
    pub small: Warm,
    pub large: Warm,
    /// Peak memory in bytes, after all webhooks of both sizes.
    pub peak_memory: f64,
    /// Bytes.
    pub zip: f64,
}

/// Measures all subjects, cold and warm, in turn in every round, so that a disturbance affects all.
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
            // The first round reads files that later rounds find in memory.
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
            // In the first round, just-in-time compilers are still busy.
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

/// One round of sequential webhooks, as from Lambda.
async fn warm(process: &mut Process<'_>, webhook: &Webhook, webhooks: u32) -> anyhow::Result<Warm> {
    let mut latency = Samples::default();
    // Starts the process if it does not run yet.
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

/// The cost of one size of body or batch.
#[derive(Clone, Debug)]
pub struct Step {
    /// Bytes of the body, or number of events.
    pub count: usize,
    pub body_bytes: usize,
    /// Microseconds of processor time of a webhook.
    pub cpu: Samples,
    /// Microseconds of wall time.
    pub latency: Samples,
    /// Bytes.
    pub peak_memory: f64,
}

/// Measures growing bodies, up to Lambda's limit. From 1 MiB on the event goes to the overflow store.
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

/// Measures growing numbers of events per webhook. The raw payload is left out, because each event would contain all of
/// it, and its size grows with the number of events.
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

/// Measures each process with its webhook, all in turn in every round.
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
            // The first round has page faults.
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

/// Times with a throttling and with a silent SQS.
#[derive(Clone, Debug)]
pub struct Slow {
    /// Milliseconds of a webhook.
    pub confirmed: Samples,
    /// Milliseconds of a webhook whose first attempt is throttled.
    pub throttled: Samples,
    /// Milliseconds until a 503 with a silent SQS and no store.
    pub silent: Samples,
    /// Milliseconds until a 200 with a silent SQS and a working store.
    pub stored: Samples,
    /// Milliseconds until a 503 with a silent SQS and a silent store.
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
    /// Number of webhooks up to its end.
    pub webhooks: u32,
    /// The figures of the process that has run from the start.
    pub old: Warm,
    /// The figures of newly started processes at the same time, because the machine's speed varies.
    pub new: Warm,
    /// Memory of the old process at its end, in bytes.
    pub memory: f64,
}

/// Measures one process over many webhooks, in ten parts, in turn with new processes with a tenth as many.
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
            // The first webhooks of a process have page faults.
            warm(&mut new, webhook, turn.div_ceil(20)).await?;
            of_new.add(&warm(&mut new, webhook, turn.div_ceil(10)).await?);
            new.end().await?;
        }
        slices.push(Slice { webhooks: turn * TURNS * slice, old: of_old, new: of_new, memory: old.memory()? });
    }
    Ok(slices)
}

/// The longest of these times, in milliseconds.
pub fn longest(slow: &Slow) -> f64 {
    [&slow.silent, &slow.stored, &slow.all_silent].iter().map(|times| times.max()).fold(0.0, f64::max)
}

fn progress(what: &str, at: impl std::fmt::Display, of: impl std::fmt::Display) {
    eprintln!("{what}: {at} of {of}");
}

/// A duration in seconds, for the report.
pub fn seconds(time: Duration) -> f64 {
    time.as_secs_f64()
}
